"""Who may sign in, and as what?"""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from dashboards.actions import Action, Done, show_action
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, plain
from dashboards.notices import nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sign_in.visitors import visitors_of
from kith.accounts import Right, Role
from kith.accounts.store import Account

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAY = {
    Role.VIEWER: "sees figures; people are masked",
    Role.ANALYST: "sees people, saves dashboards, edits segments",
    Role.MARKETER: "as an analyst, and edits journeys and campaigns, lets them go live",
    Role.ADMIN: "may everything: also replays, syncs, accounts and the log",
}


def draw(reader: Reader) -> None:
    """Everybody, then what can be done to one of them."""
    spelling = visitor_spelling(reader)
    accounts = visitors_of(reader.settings).accounts.all()
    _tell_last(reader)
    if accounts:
        _show_all(reader, accounts, spelling)
    else:
        nothing(
            "Nobody has an account: whoever can reach these pages may do everything. The first one has to be an "
            "administrator's, and closes the door: you sign in with it right away."
        )
    add, change = st.columns(2, gap="large")
    with add:
        _offer_new(reader, is_first=not accounts)
    if accounts:
        with change:
            _offer_changes(reader, accounts)


def _show_all(reader: Reader, accounts: list[Account], spelling: Spelling) -> None:
    frame = pd.DataFrame(
        {
            "name": [each.name for each in accounts],
            "role": [each.role.value for each in accounts],
            "may": [MAY[each.role] for each in accounts],
            "state": ["disabled" if each.is_disabled else "may sign in" for each in accounts],
            "created_at": [spelling.instant(each.created_at) for each in accounts],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        alt="Accounts with their roles",
        column_config={
            "name": "Name",
            "role": "Role",
            "may": "What it may",
            "state": "State",
            "created_at": "Since",
        },
    )
    offer_csv(reader, frame, "accounts")


def _offer_new(reader: Reader, is_first: bool) -> None:
    st.subheader("Add an account", anchor=False)
    with st.form("account_new", clear_on_submit=True):
        name = st.text_input("Name", placeholder="ada.lovelace", max_chars=64, autocomplete="off")
        roles = [Role.ADMIN] if is_first else list(Role)
        role = st.selectbox("Role", roles, format_func=lambda each: f"{each.value}: {MAY[each]}")
        password = st.text_input(
            "Password", type="password", help="Twelve characters at least", autocomplete="new-password"
        )
        again = st.text_input("Once more", type="password", autocomplete="new-password")
        if st.form_submit_button("Add", type="primary") and _is_name(name) and _agree(password, again):
            words = ("accounts", "add", name.strip().lower(), "--role", role.value, "--password-stdin")
            _do(reader, Action("Add an account", words, Right.ADMINISTER, name.strip().lower(), password))


def _offer_changes(reader: Reader, accounts: list[Account]) -> None:
    st.subheader("Change one", anchor=False)
    names = {each.name: each for each in accounts}
    name = st.selectbox("Account", list(names), key="account_chosen")
    account = names[name]
    role = st.selectbox("Role", list(Role), index=list(Role).index(account.role), key=f"account_role_{name}")
    with st.container(horizontal=True, gap="small"):
        if st.button("Give this role", disabled=role == account.role, key="account_role"):
            words = ("accounts", "role", name, role.value)
            _do(reader, Action("Give a role", words, Right.ADMINISTER, name))
        word = "enable" if account.is_disabled else "disable"
        if st.button(f"{word.capitalize()} this account", key="account_state"):
            _do(
                reader,
                Action(f"{word.capitalize()} an account", ("accounts", word, name), Right.ADMINISTER, name),
            )
    with st.form("account_password", clear_on_submit=True):
        password = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("Once more", type="password", autocomplete="new-password")
        if st.form_submit_button("Set the password") and _agree(password, again):
            words = ("accounts", "password", name, "--password-stdin")
            _do(reader, Action("Set a password", words, Right.ADMINISTER, name, password))


def _is_name(name: str) -> bool:
    """Whether it is one at all: nothing else may stand among the words of a command."""
    if NAME.fullmatch(name.strip().lower()):
        return True
    st.error("A name has letters, digits and dots, such as ada.lovelace.", icon=":material/badge:")
    return False


def _agree(password: str, again: str) -> bool:
    if not password or password != again:
        st.error("The two are not the same." if password else "A password is missing.", icon=":material/key:")
        return False
    return True


def _do(reader: Reader, action: Action) -> None:
    done = show_action(action, present_visitor(), reader.settings)
    st.session_state["account_done"] = (action, done)
    st.rerun()


def _tell_last(reader: Reader) -> None:
    told: tuple[Action, Done] | None = st.session_state.pop("account_done", None)
    if told is None:
        return
    action, done = told
    if done.is_done:
        st.success(f"{action.label}: done for {plain(action.subject)}.", icon=":material/check_circle:")
    else:
        st.error(f"{action.label}: {plain(done.problem or 'it did not work')}.", icon=":material/error:")


plugin = Page(
    title="Accounts",
    question="Who may sign in, and as what?",
    icon=":material/manage_accounts:",
    group="Run",
    order=95,
    draw=draw,
    right=Right.ADMINISTER,
)
