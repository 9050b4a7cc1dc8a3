"""The words of the pages on which somebody signs in and grants a program access, English and Japanese."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Access to Gridpact",
        "other": "日本語",
        "other_code": "ja",
        "sign_in": "Sign in",
        "sign_in_why": "A program asks for access to your account. Sign in to see what it asks for.",
        "login": "Login",
        "password": "Password",
        "code": "Code of your authenticator, or a recovery code",
        "outside": "Or sign in with",
        "asks": "A program that calls itself",
        "wants": "asks for access to the account",
        "unproven": "Anybody can choose such a name. Go on only if you have just started this yourself. The answer "
        "goes to",
        "may": "What it may do. Take away what you do not want:",
        "market:read": "see the market's prices, sums and books",
        "home:read": "see your homes: readings, plans, orders, trades, contracts, mandates",
        "home:write": "pause trading at your homes, and take back a pause of its own, never yours",
        "orders:write": "place and cancel orders for your homes, inside your mandate alone:",
        "limits": "{site}: sells at {sell} JPY/kWh or more, buys at {buy} or less, at most {most} Wh an order",
        "paused": "{site}: trading is paused, so no order is taken",
        "never": "It may never change a mandate, approve or sign anything, pay or move money otherwise, see other "
        "homes, or change how you sign in.",
        "until": "This ends after 30 days, or when you take it back.",
        "allow": "Allow",
        "deny": "Refuse",
        "refused": "This request cannot be answered",
        "refused_why": "Nothing was granted, and nothing was sent back. Start again from the program.",
    },
    "ja": {
        "title": "Gridpactへのアクセス",
        "other": "English",
        "other_code": "en",
        "sign_in": "サインイン",
        "sign_in_why": "プログラムがあなたのアカウントへのアクセスを求めています。サインインすると内容を見られます。",
        "login": "ログイン名",
        "password": "パスワード",
        "code": "認証アプリのコード、または回復コード",
        "outside": "または次でサインイン:",
        "asks": "次の名前を名乗るプログラムが",
        "wants": "アクセスを求めています。対象のアカウント:",
        "unproven": "この名前は誰でも名乗れます。ご自身で今始めた場合だけ進んでください。回答の送り先:",
        "may": "許可する内容（不要なものは外してください）:",
        "market:read": "市場の価格・集計・板を見る",
        "home:read": "あなたの家を見る: 計測値、計画、注文、約定、契約、委任",
        "home:write": "あなたの家の取引を一時停止する。自らの停止だけを解除でき、あなたの停止は解除できません",
        "orders:write": "あなたの家の注文を出す・取り消す。委任の範囲内に限ります:",
        "limits": "{site}: 売り{sell}円/kWh以上、買い{buy}円/kWh以下、1注文{most} Whまで",
        "paused": "{site}: 取引停止中のため注文は受け付けません",
        "never": "委任の変更、承認や署名、支払いその他の送金、他の家の閲覧、サインイン方法の変更は決してできません。",
        "until": "30日後、またはあなたが取り消した時に終わります。",
        "allow": "許可する",
        "deny": "拒否する",
        "refused": "この要求には応じられません",
        "refused_why": "何も許可されず、何も送り返していません。プログラムからやり直してください。",
    },
}


def language_of(wanted: str, accepted: str) -> str:
    """``ja`` or ``en``: what the request names (``ui_locales``), or else what the browser prefers."""
    first = (wanted or accepted).replace(",", " ").split(" ")[0].lower()
    return "ja" if first.startswith("ja") else "en"


def jpy_text(price_mjpy_per_kwh: int) -> str:
    """A price in JPY/kWh, without zeros that say nothing."""
    whole, part = divmod(price_mjpy_per_kwh, 1_000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")
