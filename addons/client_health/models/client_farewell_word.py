from odoo import fields, models


class ClientFarewellWord(models.Model):
    """A word or phrase that does not belong in a farewell letter."""

    _name = "client.farewell.word"
    _description = "Word to Avoid"
    _order = "lang, category, name, id"

    name = fields.Char(
        string="Word",
        required=True,
        help="A whole word or phrase; capitals make no difference. Add each form "
        "that should be marked.",
    )
    active = fields.Boolean(default=True)
    lang = fields.Selection(
        selection=[("nl", "Dutch"), ("en", "English")],
        string="Language",
        help="Leave empty to look for it in letters in any language.",
    )
    category = fields.Selection(
        selection=[("trait", "Judges"), ("blame", "Blames"), ("threat", "Threatens")],
        required=True,
        default="blame",
    )

    _name_lang_unique = models.UniqueIndex(
        "(lower(name), coalesce(lang, ''))",
        "This word is in the list already.",
    )

    def _get_words(self, lang):
        """Return the words that count in a letter in ``lang`` (a code as ``nl_NL``)."""
        short = (lang or "").partition("_")[0]
        return self.search([("lang", "in", (False, short))])
