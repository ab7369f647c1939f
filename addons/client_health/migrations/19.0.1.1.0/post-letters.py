"""Letters sent before: kept with their fingerprint, and not on messages as well."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    sent = env["client.farewell"].search([("sent_date", "!=", False)])
    for case in sent.filtered("letter_pdf"):
        case.letter_digest = case.letter_digest or case._get_digest()
        # whoever read the case could open it there, amounts and all
        case.mail_id.attachment_ids.unlink()
