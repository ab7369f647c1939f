{
    "name": "Client Health",
    "summary": "See which clients cost more than they bring, why, and part well",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "development_status": "Beta",
    "license": "AGPL-3",
    "author": "Client Health contributors",
    "website": "https://github.com/client-health/client-health",
    "depends": [
        "account",
        "helpdesk_mgmt_rating",
        "privacy_lookup",
        "spreadsheet_dashboard",
    ],
    "data": [
        "security/client_health_groups.xml",
        "security/ir.model.access.csv",
        "security/client_health_security.xml",
    ],
    "demo": [],
    "application": True,
    "installable": True,
}
