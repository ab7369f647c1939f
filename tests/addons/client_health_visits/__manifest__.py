{
    "name": "Client Health: Visits",
    "summary": "An addon of somebody else: a source with two facts and a trait",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "license": "AGPL-3",
    "author": "Client Health contributors",
    "website": "https://github.com/client-health/client-health",
    "depends": ["client_health"],
    "data": ["security/ir.model.access.csv", "data/client_health_trait_data.xml"],
}
