def post_init_hook(env):
    """Translate the menu of each website: Odoo copies it before it has languages."""
    origin = env.ref("coaching_leads.coaching_website_menu")
    copies = env["website.menu"].search(
        [("url", "=", origin.url), ("id", "!=", origin.id)]
    )
    for lang, _name in env["res.lang"].get_installed():
        copies.with_context(lang=lang).name = origin.with_context(lang=lang).name


def uninstall_hook(env):
    """Let leads and calls go of tracks: Odoo removes those before the columns."""
    env.cr.execute("UPDATE crm_lead SET coaching_track_id = NULL")
    env.cr.execute("UPDATE coaching_call SET track_id = NULL")
