def post_init_hook(env):
    """Translate the menu of each website: Odoo copies it before it has languages."""
    origin = env.ref("coaching_leads.coaching_website_menu")
    copies = env["website.menu"].search(
        [("url", "=", origin.url), ("id", "!=", origin.id)]
    )
    for lang, _name in env["res.lang"].get_installed():
        copies.with_context(lang=lang).name = origin.with_context(lang=lang).name


def uninstall_hook(env):
    """Let go of what Odoo removes before the columns, and keep what leads stand on."""
    env.cr.execute("UPDATE crm_lead SET coaching_track_id = NULL")
    env.cr.execute("UPDATE coaching_call SET track_id = NULL")
    # who was lost keeps the reason; the people of the demo stay, as their leads do
    env.cr.execute(
        """
        DELETE FROM ir_model_data
         WHERE module = 'coaching_leads'
           AND (model IN ('res.partner', 'res.users')
                OR model = 'crm.lost.reason'
                AND res_id IN (SELECT lost_reason_id FROM crm_lead))
        """
    )
