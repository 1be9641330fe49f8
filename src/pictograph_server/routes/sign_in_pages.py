"""The small pages behind links that people are sent: to sign in, to accept an invite, to set a new password.

Plain forms without scripts; behind them is the web app. Opening a page uses nothing up: programs that look at links in
letters open them too.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pictograph_server.errors import BadRequest, ContentTooLarge, ServiceError
from pictograph_server.middleware.same_origin import require_same_origin
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.people import DeviceDep, begin, describe
from pictograph_server.routes.web_app import is_built
from pictograph_server.services.accounts import acceptance, links, login_links, new_address, password_links
from pictograph_server.services.accounts import service as accounts
from pictograph_server.services.accounts.passwords import LEAST_CHARACTERS
from pictograph_server.services.accounts.records import StartedSession
from pictograph_server.services.accounts.service import AccountChanges

router = APIRouter(include_in_schema=False)

_FORM_BYTES = 16 * 1024
_COMMAND = re.compile("`([^`]+)`")
# The colours of the web app (`web/src/app/theme.css`), which these pages do without.
_STYLE = (
    ":root{color-scheme:light dark;--canvas:#f6f7f9;--surface:#fff;--line:#dfe2e8;--edge:#858c99;--text:#161a22;"
    "--muted:#535b69;--accent:#4338ca;--on-accent:#fff;--danger:#b3211e;--danger-soft:#fde8e6}"
    "@media(prefers-color-scheme:dark){:root{--canvas:#0f1115;--surface:#171a20;--line:#2b303a;--edge:#747c8a;"
    "--text:#eceef2;--muted:#adb4c0;--accent:#a5a0ff;--on-accent:#14122e;--danger:#ff8f87;--danger-soft:#3c1715}}"
    "body{font:13px/1.45 system-ui,sans-serif;margin:0;padding:2.5rem 1rem;box-sizing:border-box;min-height:100vh;"
    "display:flex;flex-direction:column;align-items:center;justify-content:center;background:var(--canvas);"
    "color:var(--text)}"
    "main{width:100%;max-width:24rem;box-sizing:border-box;padding:1.5rem;background:var(--surface);"
    "border:1px solid var(--line);border-radius:8px;overflow-wrap:anywhere}main>:last-child{margin-bottom:0}"
    "header{display:flex;align-items:center;gap:.6rem;font-size:1.25rem;font-weight:600;margin-bottom:1.25rem}"
    "svg{width:2rem;height:2rem}h1{font-size:1rem;font-weight:600;margin:0 0 1rem}p{margin:0 0 1rem}"
    "a{color:var(--accent)}code{font-size:.75rem}.note{color:var(--muted);font-size:.75rem;margin:-.75rem 0 1rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box}label{font-weight:500}"
    "input{font:inherit;color:inherit;background:var(--surface);padding:.45rem .6rem;margin:.25rem 0 1rem;"
    "border:1px solid var(--edge);border-radius:6px}"
    "button{font:inherit;font-size:.875rem;font-weight:500;height:2.5rem;border:0;border-radius:6px;background:var(--accent);"
    "color:var(--on-accent);cursor:pointer}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    ".problem{color:var(--danger);background:var(--danger-soft);border-radius:6px;padding:.6rem .8rem;margin:0 0 1rem}"
)
# `web/public/favicon.svg`: a server without the web app has it too.
_LOGO = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#4f46e5"/>'
    '<path d="M8 12V9a1 1 0 0 1 1-1h3M20 8h3a1 1 0 0 1 1 1v3M24 20v3a1 1 0 0 1-1 1h-3M12 24H9a1 1 0 0 1-1-1v-3" '
    'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/><circle cx="16" cy="16" r="3.6" fill="#fff"/>'
    "</svg>"
)
# What people can do about a refusal whose own advice is for programs.
_FOR_PEOPLE = {
    "invite_not_found": "Ask whoever invited you for a new one.",
    "invite_not_pending": "Ask whoever invited you for a new one, or sign in if you have accepted it.",
    "acceptance_incomplete": "Fill in both fields.",
    "sign_in_refused": "Whoever runs the server, or an admin of your organization, can make a link to set a new one.",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'"
    ),
    # The address holds a token. Not `no-referrer`: browsers would say of our own forms that their origin is `null`.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def _form(request: Request, platform: PlatformDep) -> Mapping[str, str]:
    """Return the fields of a form that one of our own pages sent."""
    require_same_origin(request.scope, platform.settings.public_url, has_cookie=False)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            raise ContentTooLarge("The form is too large", why=f"it may have {_FORM_BYTES} bytes")
    try:
        fields = parse_qs(body.decode(), strict_parsing=bool(body), max_num_fields=10)
    except ValueError:
        raise BadRequest("The form cannot be read", why="it is not what a browser sends") from None
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[Mapping[str, str], Depends(_form)]


@router.get("/login/{token}")
def get_login(token: str, platform: PlatformDep) -> Response:
    return _login_page(platform, token)


@router.post("/login/{token}")
def post_login(token: str, form: Form, request: Request, device: DeviceDep, platform: PlatformDep) -> Response:
    profile = AccountChanges(email=form.get("email") or None, new_password=form.get("password") or None)
    try:
        started = login_links.sign_in_with_link(platform, token, device, first_profile=profile)
    except ServiceError as error:
        return _login_page(platform, token, error)
    return _welcome(platform, request, started)


@router.get("/invite/{token}")
def get_invite(token: str, platform: PlatformDep) -> Response:
    return _invite_page(platform, token)


@router.post("/invite/{token}")
def post_invite(token: str, form: Form, request: Request, device: DeviceDep, platform: PlatformDep) -> Response:
    try:
        started = acceptance.accept(
            platform, token, device, session=None, full_name=form.get("full_name"), password=form.get("password")
        )
    except ServiceError as error:
        return _invite_page(platform, token, error, full_name=form.get("full_name", ""))
    return _welcome(platform, request, started)


@router.get("/reset-password/{token}")
def get_password(token: str, platform: PlatformDep) -> Response:
    return _password_page(platform, token)


@router.post("/reset-password/{token}")
def post_password(token: str, form: Form, request: Request, device: DeviceDep, platform: PlatformDep) -> Response:
    try:
        started = password_links.set_password(platform, token, form.get("password", ""), device)
    except ServiceError as error:
        return _password_page(platform, token, error)
    return _welcome(platform, request, started)


@router.get("/confirm-email/{token}")
def get_email(token: str, platform: PlatformDep) -> Response:
    try:
        with platform.db.read() as conn:
            address = new_address.look(conn, token)
    except ServiceError as error:
        return _refusal(error)
    words = _words(f"{address} becomes the address you sign in with.")
    return _page("Confirm your address", words + _form_of("", "Confirm"), None)


@router.post("/confirm-email/{token}")
def post_email(token: str, form: Form, platform: PlatformDep) -> Response:
    del form
    try:
        address = new_address.confirm(platform, token)
    except ServiceError as error:
        return _refusal(error)
    return _page("Your address is confirmed", _words(f"From now on you sign in with {address}."), None)


def _login_page(platform: Platform, token: str, problem: ServiceError | None = None) -> Response:
    try:
        with platform.db.read() as conn:
            account = accounts.get(conn, links.owner(conn, token, "login"))
    except ServiceError as error:
        return _refusal(error)
    places = ", ".join(f"{each.name} ({each.role})" for each in account.organizations)
    words = _words(f"{account.full_name or account.email or 'Somebody'}: {places}")
    fields = ""
    if not account.has_password:
        fields = (
            _words("To come in without a link from now on, set an e-mail address and a password. Or leave both out.")
            + _field("E-mail", "email", "email", value=account.email or "")
            + _new_password("Password")
        )
    return _page("Sign in", words + _form_of(fields, "Sign in"), problem)


def _invite_page(
    platform: Platform, token: str, problem: ServiceError | None = None, *, full_name: str = ""
) -> Response:
    try:
        with platform.db.read() as conn:
            invite = acceptance.look(conn, token)
    except ServiceError as error:
        return _refusal(error)
    words = _words(f"{invite.email}, you are invited to {invite.organization} as {invite.role}.")
    if invite.has_account:
        fields = _field("The password of your account", "password", "current-password")
    else:
        fields = _field("Your name", "full_name", "name", value=full_name) + _new_password("A new password")
    return _page("Accept the invite", words + _form_of(fields, "Accept"), problem)


def _password_page(platform: Platform, token: str, problem: ServiceError | None = None) -> Response:
    try:
        with platform.db.read() as conn:
            account = accounts.get(conn, links.owner(conn, token, "password"))
    except ServiceError as error:
        return _refusal(error)
    words = _words(f"For {account.email}. You are signed out everywhere else when you set it.")
    fields = _new_password("A new password")
    return _page("Set a new password", words + _form_of(fields, "Set the password"), problem)


def _welcome(platform: Platform, request: Request, started: StartedSession) -> Response:
    if is_built(request.app.state.web_folder):
        into_the_app = RedirectResponse("/", 303, headers=_HEADERS)
        begin(platform, request, into_the_app, started)
        return into_the_app
    where = describe(platform, started.session).session
    name = where.account.full_name or where.account.email or "Somebody"
    words = _words(f"{name}, {where.organization.role} of {where.organization.name}. You may close this page.")
    response = _page("You are signed in", words, None)
    begin(platform, request, response, started)
    return response


def _refusal(error: ServiceError) -> Response:
    return _page("This does not work", '<p><a href="/">To the sign-in page</a></p>', error)


def _page(title: str, content: str, problem: ServiceError | None) -> Response:
    told = ""
    if problem is not None:
        told = f'<p class="problem" role="alert">{_told(problem)}</p>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} - Pictograph</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<header>{_LOGO}Pictograph</header><main><h1>{escape(title)}</h1>{told}{content}</main></html>",
        problem.status if problem is not None else 200,
        headers={**_HEADERS, **(problem.headers or {})} if problem is not None else _HEADERS,
    )


def _told(problem: ServiceError) -> str:
    text = f"{problem.message}. {_FOR_PEOPLE.get(problem.code, problem.fix or '')}"
    return _COMMAND.sub(r"<code>\1</code>", escape(text))


def _words(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _form_of(fields: str, button: str) -> str:
    # To the address it came from, token and all.
    return f'<form method="post">{fields}<button>{escape(button)}</button></form>'


def _field(label: str, name: str, autocomplete: str, *, value: str = "") -> str:
    kind = {"email": "email", "password": "password"}.get(name, "text")
    return (
        f'<label>{escape(label)}<input type="{kind}" name="{name}" autocomplete="{autocomplete}" '
        f'value="{escape(value)}"></label>'
    )


def _new_password(label: str) -> str:
    note = f"{LEAST_CHARACTERS} characters or more; several words are easy to remember."
    return _field(label, "password", "new-password") + f'<p class="note">{note}</p>'
