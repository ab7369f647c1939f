"""Recognise who asks for a call as a client of before: no access of its own."""

from odoo.addons.iap.tools.iap_tools import mail_prepare_for_domain_search

# Providers of the Netherlands and Belgium that core's list does not know.
PROVIDERS = frozenset(
    "caiway.nl casema.nl chello.nl freedom.nl hccnet.nl hetnet.nl home.nl kpnmail.nl "
    "kpnplanet.nl live.nl mailbox.org online.nl outlook.nl planet.nl proton.me "
    "protonmail.com quicknet.nl skynet.be solcon.nl telenet.be telfort.nl tele2.nl "
    "upcmail.nl versatel.nl wxs.nl xs4all.nl zeelandnet.nl ziggo.nl zonnet.nl "
    "hotmail.be outlook.be live.be proximus.be scarlet.be".split()
)
FORMS = frozenset("bv nv vof cv bvba srl sprl".split())


class PastClients:
    """The contacts of clients whom we parted from, by what identifies them.

    :param contacts: ``res.partner``, as the user may read them
    """

    def __init__(self, contacts):
        self.partners = {partner.commercial_partner_id for partner in contacts}
        self.mails, self.domains, self.names = {}, {}, {}
        for contact in contacts:
            client = contact.commercial_partner_id
            self.mails[contact.email_normalized] = client
            self.domains[get_domain(contact.email_normalized)] = client
            self.names[plain_name(contact.name)] = client
        for known in (self.mails, self.domains, self.names):
            known.pop(False, None)
            known.pop("", None)

    def get_notice(self, env, lead):
        """What to say of ``lead``, in the language of ``env``; None of a stranger."""
        partner, mail = lead.partner_id.commercial_partner_id, lead.email_normalized
        if partner in self.partners or mail in self.mails:
            return env._("We completed working together before.")
        client = self.names.get(plain_name(lead.partner_name)) or self.domains.get(
            get_domain(mail)
        )
        return client and env._(
            "Perhaps of %(client)s, with whom we completed working together: the "
            "business or the mail domain is the same.",
            client=client.name,
        )


def get_domain(email):
    """The domain of a business; nothing for an address at a mail provider.

    >>> get_domain("jan@studio-jan.nl"), get_domain("jan@gmail.com"), get_domain(None)
    ('@studio-jan.nl', '', '')
    >>> get_domain("jan@ziggo.nl")
    ''
    """
    domain = mail_prepare_for_domain_search(email) or ""
    is_shared = not domain.startswith("@") or domain[1:] in PROVIDERS
    return "" if is_shared else domain


def plain_name(name):
    """The name of a business to compare with: without its legal form and signs.

    >>> plain_name("Studio Jan B.V.") == plain_name("studio-jan bv")
    True
    """
    words = "".join(
        sign if sign.isalnum() else "" if sign == "." else " "
        for sign in (name or "").casefold()
    ).split()
    return " ".join(word for word in words if word not in FORMS)
