from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..answers import LIMITS
from .common_form import FormCase

NAMES = (*LIMITS, "topic", "form_token", "csrf_token")
# What breaks programs: controls, quotes, markup, templates, emoji, other scripts.
NASTY = st.sampled_from(
    [
        "\r\nBcc: spy@example.com",
        "\x00",
        "'; DROP TABLE crm_lead; --",
        "<script>alert(1)</script>",
        "{{ object.env }}",
        "${7*7}",
        "%s%(x)s%",
        "\u202e\u0000\ufffe\U0001f600",
        "é" * 500,
        "9" * 400,
        "a@b.nl, c@d.nl",
        '"x" <a@b.nl>',
        "+31 6 12345678",
        "start",
    ]
)
TEXT = st.one_of(NASTY, st.text(max_size=60))


@tagged("post_install", "-at_install")
class TestFormHostile(FormCase):
    """Any bytes posted give the form again or a normal page, never a crash."""

    def assert_survives(self, response):
        self.assertLess(response.status_code, 500, response.text[:300])

    def test_our_mail_carries_no_stranger_s_links(self):
        """The address may be somebody else's: no advertisement goes there."""
        advertisement = "Win a prize at evil.example today"
        self.assert_thanked(self.post(name=advertisement, call_moment=advertisement))
        lead = self.find_leads()
        self.assertEqual(lead.contact_name, advertisement)
        self.assertEqual(lead.coaching_call_moment, advertisement)
        body = self.find_mails().body_html
        self.assertIn("<p>Hello,</p>", body)
        self.assertNotIn("evil", body)

    def test_our_mail_repeats_name_and_moment(self):
        self.assert_thanked(self.post(name="Dr. J.P. Visser", call_moment="Mon 9.30 h"))
        body = self.find_mails().body_html
        self.assertIn("<p>Hello Dr. J.P. Visser,</p>", body)
        self.assertIn("You prefer: Mon 9.30 h.", body)

    def test_line_breaks_reach_no_header(self):
        self.assert_thanked(self.post(name="Noor\r\nBcc: spy@example.com"))
        self.assertEqual(self.find_leads().contact_name, "Noor Bcc: spy@example.com")
        self.assertNotIn("\n", self.find_mails().subject)
        self.assertEqual(self.find_mails().email_to, "noor@visser.example.com")
        for bad in ("a@b.nl\r\nBcc: c@d.nl", "a@b.nl, c@d.nl", "a@b.nl;c@d.nl"):
            with self.subTest(bad=bad):
                self.assert_wrong(self.post(email=bad), "email")

    def test_null_bytes_are_left_out(self):
        self.assert_thanked(self.post(goal="gr\x00ow", name="No\x00or"))
        self.assertEqual(self.find_leads().coaching_goal, "grow")

    def test_ten_thousand_characters_are_too_many_but_kept_on_the_page(self):
        long = "word " * 2000
        for name in sorted(LIMITS):
            with self.subTest(name=name):
                page = self.assert_wrong(self.post(**{name: long}), name)
                self.assertIn(
                    "word word",
                    page.forms[-1].text_content()
                    + str([node.get("value") for node in page.xpath("//input")])
                    if name != "track"
                    else "word word",
                )
        self.assertFalse(self.find_leads())

    def test_arrays_and_unknown_names_are_ignored(self):
        data = [*self.get_hidden().items(), *self.good.items()]
        data += [("name", "Second"), ("track", "scale"), ("name[]", "x"), ("self", "x")]
        data += [("user_id", "2"), ("team_id", "1"), ("stage_id", "4"), ("model", "x")]
        data += [("coaching_session_state", "held"), ("partner_id", "1")]
        response = self.url_open("/coaching", data=data, allow_redirects=False)
        self.assert_thanked(response)
        lead = self.find_leads()
        self.assertEqual(lead.contact_name, "Noor Visser")
        self.assertEqual(lead.coaching_track_id, self.track)
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertFalse(lead.partner_id)
        self.assertEqual(lead.team_id, self.track.team_id)

    def test_days_and_parts_of_the_day_are_ticked_together(self):
        data = [*self.get_hidden().items(), *self.good.items()]
        data += [("call_moment", m) for m in ("Monday", "morning", "", "Monday")]
        self.assert_thanked(
            self.url_open("/coaching", data=data, allow_redirects=False)
        )
        self.assertEqual(self.find_leads().coaching_call_moment, "Monday, morning")

    def test_track_that_is_none_is_a_field_error(self):
        for bad in ("nosuch", "start' OR 1=1", "\x00", "1", "start,scale"):
            with self.subTest(bad=bad):
                self.assert_wrong(self.post(track=bad), "track")

    def test_huge_body_is_refused(self):
        with mute_logger("odoo.http"):
            response = self.post(goal="x" * 400_000)
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self.find_leads())

    def test_files_and_other_content_types_do_not_crash(self):
        hidden = self.get_hidden()
        url = self.base_url() + "/coaching"
        files = {name: ("x.txt", b"\x00\xff") for name in (*NAMES, "utm_source")}
        self.assert_survives(self.opener.post(url, data=hidden, files=files))
        for kind in ("application/json", "multipart/form-data", "text/plain", "é/x"):
            with self.subTest(kind=kind), mute_logger("odoo.http"):
                header = {"Content-Type": kind.encode("latin-1")}
                response = self.opener.post(url, data=b"\xff\x00{]", headers=header)
                self.assert_survives(response)
        self.assertFalse(self.find_leads())

    def test_bytes_that_are_no_text_do_not_crash(self):
        hidden = self.get_hidden()
        body = "&".join(f"{name}={value}" for name, value in hidden.items()).encode()
        body += b"&track=start&name=%ff%fe%00&email=%ed%a0%80@x.nl&phone=%00&goal=\xff"
        header = {"Content-Type": "application/x-www-form-urlencoded"}
        url = self.base_url() + "/coaching"
        self.assert_survives(self.opener.post(url, data=body, headers=header))

    def test_parameters_in_the_address_do_not_crash(self):
        for query in (
            "self=1",
            "track=%00",
            "track=%ff",
            "utm_source=%00",
            "track[]=1",
        ):
            with self.subTest(query=query):
                self.assert_survives(self.url_open(f"/coaching?{query}"))

    def test_marketing_cookies_with_controls_do_not_crash(self):
        self.set_cookie("odoo_utm_source", '"a\\000b"')
        self.assert_thanked(self.post())
        self.assertEqual(self.find_leads().source_id.name, "ab")

    def test_generated_forms_never_crash(self):
        hidden = self.get_hidden()
        posted = []

        @settings(
            max_examples=60,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=6),
            st.dictionaries(st.text(max_size=8), TEXT, max_size=2),
        )
        def survives(changes, extra):
            posted.append(changes)
            data = extra | hidden | self.good | changes
            self.assert_survives(
                self.url_open("/coaching", data=data, allow_redirects=False)
            )

        survives()
        self.assertGreaterEqual(len(posted), 50)
