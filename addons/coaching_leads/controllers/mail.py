from odoo.addons.mail.controllers.mail import MailController
from odoo.http import request


class CoachingMailController(MailController):
    """Links to a lead in mails to colleagues and in their calendars."""

    @classmethod
    def _redirect_to_record(cls, model, res_id, access_token=None, **kwargs):
        """Open what a lead was merged into; who may see that is checked as ever."""
        if model == "crm.lead" and request.session.uid:
            # sudo: nobody reads where leads went; only an id is taken from it
            env = request.env(su=True)
            if res_id and not env[model].browse(res_id).exists():
                res_id = env["coaching.former.lead"]._find(res_id).lead_id.id or res_id
        return super()._redirect_to_record(model, res_id, access_token, **kwargs)
