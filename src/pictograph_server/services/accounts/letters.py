"""The letters people get, and what happens to a link when no letter can be sent: who asked for it is shown it."""

from pictograph.models.organization import OrganizationInvite
from pictograph_server import mail
from pictograph_server.actor import Actor
from pictograph_server.mail import Letter
from pictograph_server.platform import Platform
from pictograph_server.services.accounts.links import INVITE_PATH, NewLink
from pictograph_server.services.organizations import repository as organizations_repository


def hand_on_invite(platform: Platform, actor: Actor, invite: OrganizationInvite, token: str) -> str | None:
    """Send the invited person their link; return it when it could not be sent, to be handed on by who invited."""
    with platform.db.read() as conn:
        row = organizations_repository.organization(conn, invite.organization_id)
    organization, invited_by = row.name if row else "an organisation", actor.name
    path = INVITE_PATH + token
    text = (
        f"{invited_by} invites you to the organisation {organization} on Pictograph, as {invite.role}.\n\n"
        f"Accept here, until {invite.expires_at:%Y-%m-%d %H:%M} UTC:\n{_mailed_url(platform, path)}\n\n"
        "If you do not know what this is about, pass over this letter: nothing happens without you.\n"
    )
    letter = Letter(invite.email, f"{_line(invited_by)} invites you to {_line(organization)}", text)
    return None if mail.send(platform.settings.mail, letter) else shown_url(platform, path)


def send_password_link(platform: Platform, email: str, link: NewLink) -> bool:
    """Send a link to set a new password; False when it could not be sent."""
    text = (
        "Somebody, most likely you, asked to set a new password for your Pictograph account.\n\n"
        f"Set it here, until {link.expires_at:%Y-%m-%d %H:%M} UTC:\n{_mailed_url(platform, link.path)}\n\n"
        "If it was not you, pass over this letter: your password stays as it is.\n"
    )
    return mail.send(platform.settings.mail, Letter(email, "A new password for Pictograph", text))


def send_confirmation(platform: Platform, email: str, link: NewLink) -> bool:
    """Ask the owner of a new address whether it is theirs; False when no letter could be sent."""
    text = (
        "Somebody, most likely you, wants this to be the address of their Pictograph account.\n\n"
        f"Confirm it here, until {link.expires_at:%Y-%m-%d %H:%M} UTC:\n{_mailed_url(platform, link.path)}\n\n"
        "If it was not you, pass over this letter: nothing happens without you.\n"
    )
    return mail.send(platform.settings.mail, Letter(email, "Your address for Pictograph", text))


def send_notice(platform: Platform, email: str, what: str) -> None:
    """Tell a person that their account was changed, at the address it had before."""
    text = (
        f"{what}\n\n"
        "If it was not you, set a new password at once and look through your sessions:\n"
        f"{_mailed_url(platform, '/')}\n"
    )
    mail.send(platform.settings.mail, Letter(email, "Your Pictograph account was changed", text))


def send_farewell(platform: Platform, email: str) -> None:
    text = (
        "Your Pictograph account was deleted, with its sessions and API keys. "
        "What you made in your organisations stays there.\n\nIf it was not you, tell an admin of your organisation.\n"
    )
    mail.send(platform.settings.mail, Letter(email, "Your Pictograph account was deleted", text))


def shown_url(platform: Platform, path: str) -> str:
    """Return a link for the one who is asking, at the address they used."""
    return platform.signer.base_url + path


def _mailed_url(platform: Platform, path: str) -> str:
    # Never the address of the request: who asks for somebody else's letter could name their own host in it.
    return platform.settings.effective_public_url + path


def _line(name: str) -> str:
    """A name as part of a subject."""
    return " ".join(name.split())[:80]
