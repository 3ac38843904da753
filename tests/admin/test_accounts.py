import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from apikeys.models import Account, Member, RenewalUnavailable, User
from tests.conftest import BY

ACCOUNTS, MEMBERS = "/admin/apikeys/account/", "/admin/apikeys/member/"
ROLE = "User Administrator - RESTRICTED"


def fields(**changed):
    return {"slug": "initech", "name": "Initech", "token_duration": 90, "time_zone": "America/Sao_Paulo"} | changed


def save(desk, account, **changed):
    """Save the page of an account with what is changed in it."""
    return desk.post(
        f"{ACCOUNTS}{account.pk}/change/", fields(**{"slug": account.slug, "name": account.name} | changed)
    )


def test_staff_make_an_account(desk):
    assert desk.post(f"{ACCOUNTS}add/", fields(in_beta="on", refuses_outdated="on")).status_code == 302

    account = Account.objects.get(slug="initech")
    assert (account.in_beta, account.refuses_outdated, account.token_duration) == (True, True, 90)
    assert account.time_zone == "America/Sao_Paulo"


@pytest.mark.parametrize("wrong", [{"slug": "Initech!"}, {"time_zone": "Mars/Olympus"}, {"token_duration": 30}])
def test_what_an_account_cannot_be_is_refused(desk, wrong):
    page = desk.post(f"{ACCOUNTS}add/", fields(**wrong))

    assert page.context["adminform"].errors.keys() == wrong.keys()
    assert not Account.objects.exists()


def test_the_beta_counts_from_the_switch_on(desk, erp):
    save(desk, erp.account)
    with pytest.raises(RenewalUnavailable):
        erp.renew(by=BY)

    save(desk, erp.account, in_beta="on")
    assert erp.renew(by=BY)


def test_the_slug_of_an_account_stays_once_it_is_part_of_keys(desk, globex, erp):
    save(desk, globex, slug="umbrella")
    save(desk, erp.account, slug="umbrella2", name="Acme Stores")

    assert set(Account.objects.values_list("slug", "name")) == {("umbrella", "globex"), ("acme", "Acme Stores")}
    assert 'name="slug"' not in desk.get(f"{ACCOUNTS}{erp.account.pk}/change/").content.decode()


def test_an_account_is_never_deleted(desk, globex):
    assert desk.post(f"{ACCOUNTS}{globex.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(ACCOUNTS, {"action": "delete_selected", "_selected_action": globex.pk, "index": "0", "post": "yes"})

    assert Account.objects.get() == globex


def test_the_history_says_who_changed_an_account(desk, globex):
    save(desk, globex, in_beta="on")

    entry = LogEntry.objects.get()
    assert (entry.user.email, entry.object_repr) == ("staff@example.com", "globex")
    assert "In the closed beta" in entry.get_change_message()


def test_a_member_may_what_their_roles_allow_in_that_account_only(desk, acme, globex):
    user, role = User.objects.create_user("ana@acme.example"), Group.objects.get(name=ROLE)
    assert desk.post(f"{MEMBERS}add/", {"user": user.pk, "account": acme.pk, "roles": role.pk}).status_code == 302

    member = Member.objects.get()
    assert (member.user, member.account, len(member.resources)) == (user, acme, 4)


def test_nobody_is_a_member_twice(desk, admin, acme):
    page = desk.post(f"{MEMBERS}add/", {"user": admin.pk, "account": acme.pk})

    assert "already exists" in page.content.decode()
    assert Member.objects.count() == 1


def test_users_accounts_and_roles_are_found_by_typing(desk, admin, acme):
    for field, typed, found in [("user", "admin@", admin), ("account", "acm", acme), ("roles", "Viewer", None)]:
        query = {"app_label": "apikeys", "model_name": "member", "field_name": field, "term": typed}
        texts = [result["text"] for result in desk.get("/admin/autocomplete/", query).json()["results"]]
        assert texts == [str(found or "API Keys Viewer")]


@pytest.mark.parametrize(("path", "queries"), [(ACCOUNTS, 4), (MEMBERS, 6), ("/admin/apikeys/user/", 4)])
def test_a_longer_list_takes_no_more_queries(desk, acme, django_assert_num_queries, path, queries):
    for email in ("ana@acme.example", "bob@acme.example", "eva@acme.example"):
        user, account = User.objects.create_user(email), Account.objects.create(slug=email[:3], name=email)
        for each in (acme, account):
            Member.objects.create(user=user, account=each).roles.set(Group.objects.all()[:2])
        desk.get(path)
        with django_assert_num_queries(queries):
            desk.get(path)
