"""What the web client reads for a view of contacts."""

from lxml import etree


def read_view(partners, view_type):
    """Read a view of contacts as the web client does, as the user of ``partners``.

    A form is read of the first of them, other views of them all.

    :return: the specification of the fields that the view asks for
    """
    arch = partners.get_view(view_type=view_type)["arch"]
    specification = _specify(partners.env, etree.fromstring(arch), "res.partner")
    if view_type == "form":
        partners[:1].web_read(specification)
    else:
        partners.web_search_read(
            [("id", "in", partners.ids)], specification, limit=len(partners)
        )
    return specification


def _specify(env, node, model):
    fields = {}
    for child in node.iterchildren("*"):
        if child.tag != "field":
            fields.update(_specify(env, child, model))
            continue
        name = child.get("name")
        fields[name] = {}
        field = env[model]._fields[name]
        if field.type == "many2one":
            fields[name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            inner = {}
            for view in child.iterchildren("kanban", "list"):
                inner.update(_specify(env, view, field.comodel_name))
            fields[name] = {"fields": inner or {"display_name": {}}}
    return fields
