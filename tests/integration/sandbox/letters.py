"""Campaign mails as a platform would build them, and the handing over of them."""

import smtplib
from email.message import EmailMessage


def mail_to(address: str, url: str, number: int = 0, one_click: bool = True) -> EmailMessage:
    """A campaign mail as the platform would build it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "hello@shop.example", address, "It's been a while"
    mail["Message-ID"] = f"<{number:032x}@shop.example>"
    mail["List-Unsubscribe"] = f"<{url}/u/{number}>"
    if one_click:
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("Come back in.")
    mail.add_alternative(
        f'<html><body><p>Come back.</p><a href="{url}/c/{number}">In</a> <a href="{url}/u/{number}">Out</a>'
        f'<img src="https://shop.example/img/a.jpg"><img src="{url}/o/{number}.gif" width="1"></body></html>',
        subtype="html",
    )
    return mail


def send_all(port: int, mails: list[EmailMessage]) -> dict[str, object]:
    """Hand mails over in one connection; answers what was refused, by recipient."""
    refused: dict[str, object] = {}
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        for mail in mails:
            try:
                client.send_message(mail)
            except smtplib.SMTPRecipientsRefused as refusal:
                refused.update(refusal.recipients)
    return refused
