"""The generic website form, so that it is no way around ours."""

import json

import psycopg2
from odoo import http
from odoo.addons.website_crm.controllers.website_form import WebsiteForm
from odoo.http import request

from .. import answers
from . import guard

# Who follows a lead up and how far it is, no visitor decides: the website's default
# team and salesperson get it.
NOT_FOR_VISITORS = ("team_id", "user_id", "stage_id")
# What core does not expect of a visitor and answers with a crash.
UNEXPECTED = (
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    psycopg2.DataError,
    psycopg2.IntegrityError,
)


class CoachingWebsiteForm(WebsiteForm):
    """Leads from the generic form: limited, trapped, cleaned."""

    @http.route(coaching_guard=True)
    def website_form(self, model_name, **kwargs):
        return super().website_form(model_name, **kwargs)

    def _handle_website_form(self, model_name, **kwargs):
        if model_name != "crm.lead":
            return super()._handle_website_form(model_name, **kwargs)
        request.params = {"model_name": model_name} | _get_clean(kwargs)
        email = answers.single_email(str(request.params.get("email_from", "")))
        if not guard.is_within_limit(email):
            return self._get_error(
                request.env._("That is a lot at once. Please try again in an hour.")
            )
        if request.params.pop(answers.TRAP, None):
            return json.dumps({"id": True})
        try:
            with request.env.cr.savepoint():
                params = dict(request.params, model_name=None)
                params.pop("model_name")
                answer = super()._handle_website_form(model_name, **params)
                if answer == "false":
                    # a constraint broke: core says so but leaves the transaction
                    raise ValueError("refused by the database")
                return answer
        except UNEXPECTED:
            return self._get_error(request.env._("Please check what you filled in."))

    def extract_data(self, model_sudo, values):
        """Leave out what is not a visitor's to say, and name a nameless lead."""
        if model_sudo.model != "crm.lead":
            return super().extract_data(model_sudo, values)
        values = {k: v for k, v in values.items() if k not in NOT_FOR_VISITORS}
        data = super().extract_data(model_sudo, values)
        record = data["record"]
        if not record.get("name"):
            record["name"] = record.get("contact_name") or request.env._("Website")
        return data

    def _get_error(self, message):
        return json.dumps({"error": message})


def _get_clean(params):
    """The texts as people read them, files as they are."""
    return {
        answers.clean(name): _get_clean_text(name, value)
        if isinstance(value, str)
        else value
        for name, value in params.items()
    }


def _get_clean_text(name, text):
    multiline = name == "description"
    text = answers.clean(text, multiline)
    return text if name == "email_from" else answers.tame(text, multiline)
