from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..engine.fact import Fact
from ..engine.period import Period


class ClientHealthSource(models.AbstractModel):
    """Where facts come from: rows that count, and the numbers they add up to.

    A source inherits this model, names itself in ``_source`` and gives its rows and
    its facts as SQL; the facts are fields of ``client.health`` declared with
    ``fact="<name of the source>"``. Nothing else is registered anywhere: the refresh,
    the drill-down, the dossier and the health form find both. Nothing outside the
    source's file knows its tables.
    """

    _name = "client.health.source"
    _description = "Source of Facts"

    _source = None
    """Name of the source, as facts call it; ``None`` for what is no source itself."""
    _source_sequence = 100
    """Where its facts stand on a client's form and in the dossier."""
    _inputs = ()
    """What its SQL counts besides facts, for facts that are derived from it."""
    _looks_back = False
    """Whether its facts can be counted as they were on a day of the past."""
    _evidence_view_mode = "list,kanban,form"

    @api.model
    def _get_sources(self):
        """Return the models that facts are counted from, by name, in a fixed order.

        :return: dict of source name to model
        """
        names = self.pool.descendants(["client.health.source"], "_inherit")
        found = [self.env[name] for name in names if self.env[name]._source]
        found.sort(key=lambda source: (source._source_sequence, source._source))
        return {source._source: source for source in found}

    @api.model
    def _get_title(self) -> str:
        """Return what this source is called above its facts, translated."""
        return self.env["ir.model"]._get(self._name).name

    @api.model
    def _get_rows_sql(self, periods: list[Period], client_ids=None) -> SQL:
        """Return the ``SELECT`` of the rows that count.

        Each has its ``id`` and the commercial partner as ``partner_id``.

        :param periods: the periods of the companies
        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        raise NotImplementedError

    @api.model
    def _get_facts_sql(self, periods: list[Period], client_ids=None) -> SQL:
        """Return the ``SELECT`` of the facts, a row per client and company.

        Its columns are ``partner_id``, ``company_id``, one per fact of this source
        that is not derived and one per input. A fact without a row is 0.

        :param periods: the periods of the companies
        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        raise NotImplementedError

    @api.model
    def _get_facts_then_sql(self, periods: list[Period]) -> SQL:
        """Return the facts of everybody as they were on a day of the past.

        Asked of sources that look back. Their rows carry dates, so that the period
        alone tells what was there.

        :param periods: the periods of the companies, whose ``today`` is that day
        """
        return self._get_facts_sql(periods)

    @api.model
    def _get_load_sql(self, client_ids=None) -> SQL | None:
        """Return how much there is to count, about, as ``partner_id`` and ``number``.

        Batches are cut by it. ``None`` for a source that takes no time.

        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        return None

    @api.model
    def _get_is_colleague_sql(self, column: SQL) -> SQL:
        """Return whether a contact has, or had, a login of an internal user."""
        return SQL(
            "(%s IN (SELECT partner_id FROM res_users WHERE share IS NOT TRUE))", column
        )

    @api.model
    @ormcache()
    def _get_company_contacts(self) -> tuple[int, ...]:
        """Return the contacts of this database's companies, and whom they belong to."""
        # sudo: who is a company is the same for whoever looks
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        contacts = companies.search_fetch([]).partner_id
        return tuple((contacts | contacts.commercial_partner_id).ids)

    @api.model
    def _get_is_client_sql(self, column: SQL) -> SQL:
        """Return whether a commercial partner is a client.

        No clients are the companies of this database, branches too, and colleagues:
        who has, or had, a login of an internal user.

        :param column: the commercial partner
        """
        return SQL(
            "(%(client)s <> ALL(%(companies)s::integer[]) AND NOT %(is_colleague)s)",
            client=column,
            companies=list(self._get_company_contacts()),
            is_colleague=self._get_is_colleague_sql(column),
        )

    @api.model
    def _get_of_clients_sql(self, query: SQL) -> SQL:
        """Return the rows of a query that are about clients.

        The refresh, the drill-down and the lists all ask through it, so that no
        source needs to know who is a client.

        :param query: a query with ``partner_id``, the commercial partner
        """
        return SQL(
            "SELECT * FROM (%s) AS of_anybody WHERE %s",
            query,
            self._get_is_client_sql(SQL("partner_id")),
        )

    @api.model
    def _filter_clients(self, partners):
        """Return those of some commercial partners that are clients."""
        self.env["res.users"].flush_model(["partner_id", "share"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM unnest(%s::integer[]) AS contact (id) WHERE %s",
                partners.ids,
                self._get_is_client_sql(SQL("contact.id")),
            )
        )
        return partners.browse([client_id for (client_id,) in rows])

    @api.model
    def _get_clients_clause(self, column: SQL, client_ids) -> SQL:
        """Return a condition on the contact of a document, by its client.

        An array of contacts lets PostgreSQL go by the document's own index, where a
        condition on the joined contact makes it read the whole book.

        :param column: the document's contact
        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        if client_ids is None:
            return SQL()
        return SQL(
            "AND %s = ANY(ARRAY(SELECT id FROM res_partner"
            " WHERE commercial_partner_id = ANY(%s)))",
            column,
            client_ids,
        )

    @api.model
    def _get_evidence(self, fact: Fact, health):
        """Return what a fact of one client was counted from: exactly these rows.

        :param Fact fact: a fact of this source
        :param health: one ``client.health``
        :return: pair of a model's name and a Domain on it
        """
        return self._name, Domain(fact.evidence) & self._get_client_domain(health)

    @api.model
    def _get_client_domain(self, health):
        """Return which records count for one client: those that the SQL counts."""
        rows = self.env.execute_query(
            SQL("SELECT id FROM (%s) AS counted", self._get_client_rows_sql(health))
        )
        return Domain("id", "in", [row_id for (row_id,) in rows])

    @api.model
    def _get_client_rows_sql(self, health):
        """Return the rows of one client in one company."""
        self.env.flush_all()
        period = health.company_id._get_client_health_period()
        return self._get_of_clients_sql(
            self._get_rows_sql([period], health.partner_id.ids)
        )

    def _get_document(self):
        """Return the document that this row is about."""
        self.ensure_one()
        return self

    def action_open_document(self):
        """Open the document that this row is about.

        :raises AccessError: for who may not read it
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_document().get_formview_action()
