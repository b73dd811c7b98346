"""The gate before a small app of three routes, asked as a browser and as anybody else would."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboards.sign_in.gate import Gate
from dashboards.sign_in.routes import ELSEWHERE, REFUSED, sign_in_routes
from dashboards.sign_in.visitors import COOKIE, Visitors
from kith.accounts import Role
from kith.state import StateDatabase

PASSWORD = "correct horse battery"
BROWSER = {"accept": "text/html"}

pytestmark = pytest.mark.usefixtures("cheap_hashes")


async def page(request):
    return PlainTextResponse("the people")


async def socket(websocket):
    await websocket.accept()
    await websocket.send_text("the people")
    await websocket.close()


@pytest.fixture
def visitors(settings, clock):
    database = StateDatabase.open(settings)
    yield Visitors(database, clock)
    database.close()


@pytest.fixture
def browser(visitors):
    gate = Middleware(Gate, visitors=lambda: visitors)
    health = Route("/_stcore/health", page)
    routes = [*sign_in_routes(lambda: visitors), health, Route("/person", page), Route("/", page)]
    app = Starlette(routes=[*routes, WebSocketRoute("/_stcore/stream", socket)], middleware=[gate])
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def ada(visitors, clock):
    return visitors.accounts.add("ada", Role.ADMIN, PASSWORD, actor="test", now=clock.now())


def sign_in(browser, password=PASSWORD, wanted="/person?person=1", **headers):
    form = {"name": "ada", "password": password, "next": wanted}
    return browser.post("/sign-in", data=form, headers=headers)


def test_gate__is_open_while_nobody_has_an_account(browser):
    assert browser.get("/person").text == "the people"
    with browser.websocket_connect("/_stcore/stream") as stream:
        assert stream.receive_text() == "the people"


def test_gate__sends_a_page_s_visitor_to_the_form_and_back(browser, ada):
    turned = browser.get("/person?person=1", headers=BROWSER)
    assert (turned.status_code, turned.headers["location"]) == (303, "/sign-in?next=%2Fperson%3Fperson%3D1")
    assert 'value="/person?person=1"' in browser.get(turned.headers["location"]).text
    entered = sign_in(browser)
    assert (entered.status_code, entered.headers["location"]) == (303, "/person?person=1")
    assert browser.get("/person").text == "the people"


def test_gate__answers_no_data_and_no_socket_to_whoever_is_not_signed_in(browser, ada):
    assert (browser.get("/person").status_code, browser.post("/person").status_code) == (401, 401)
    with pytest.raises(WebSocketDisconnect) as closed, browser.websocket_connect("/_stcore/stream"):
        pass
    assert closed.value.code == 1008
    browser.cookies.set(COOKIE, "made up")
    assert browser.get("/person").status_code == 401


def test_gate__lets_anybody_see_that_the_server_lives(browser, ada):
    assert browser.get("/_stcore/health").status_code == 200


def test_gate__opens_sockets_to_whoever_is_signed_in(browser, ada):
    sign_in(browser)
    with browser.websocket_connect("/_stcore/stream") as stream:
        assert stream.receive_text() == "the people"


def test_sign_in__refuses_a_wrong_password_and_says_nothing_of_the_name(browser, ada):
    wrong = sign_in(browser, "wrong horse battery")
    unknown = browser.post("/sign-in", data={"name": "nobody", "password": PASSWORD})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert all(REFUSED.split("'")[0] in each.text for each in (wrong, unknown))
    assert COOKIE not in browser.cookies


def test_sign_in__cookie_is_kept_from_scripts_and_other_sites(browser, ada):
    told = sign_in(browser).headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=lax" in told
    assert "secure" not in told, "on loopback without TLS the browser would drop it"
    over_tls = TestClient(browser.app, base_url="https://testserver", follow_redirects=False)
    assert "secure" in sign_in(over_tls).headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "", "/\tx", "javascript:1"],
)
def test_sign_in__goes_on_to_pages_of_ours_alone(browser, ada, wanted):
    assert sign_in(browser, wanted=wanted).headers["location"] == "/"


def test_sign_in__refuses_another_site_s_form(browser, ada):
    answer = sign_in(browser, origin="https://evil.example")
    assert (answer.status_code, ELSEWHERE in answer.text) == (403, True)
    assert COOKIE not in browser.cookies
    assert sign_in(browser, origin="http://testserver").status_code == 303


def test_sign_in__form_shows_what_was_typed_as_text(browser, ada):
    answer = browser.post("/sign-in", data={"name": '"><script>1</script>', "password": "x"})
    assert "<script>" not in answer.text


def test_sign_out__ends_the_session_and_only_by_a_form(browser, ada):
    sign_in(browser)
    token = browser.cookies[COOKIE]
    assert "Sign out" in browser.get("/sign-out").text
    assert browser.get("/person").status_code == 200
    assert browser.post("/sign-out", headers={"origin": "https://evil.example"}).status_code == 403
    assert browser.get("/person").status_code == 200
    browser.post("/sign-out")
    browser.cookies.set(COOKIE, token)
    assert browser.get("/person").status_code == 401


def test_gate__shuts_as_soon_as_somebody_is_disabled(browser, visitors, ada, clock):
    visitors.accounts.add("bob", Role.ADMIN, PASSWORD, actor="ada", now=clock.now())
    sign_in(browser)
    visitors.accounts.disable("ada", actor="bob", now=clock.now())
    assert browser.get("/person").status_code == 401
