"""Opens the HTML report in a headless Chromium and uses it as a reader would.

    browse.py audit REPORT.json PAGE.html     filters against the report itself, keys, links, print, colours, narrow
    browse.py hostile REPORT.json PAGE.html   what somebody planted stays text
    browse.py many REPORT.json PAGE.html      thousands of findings: the filters still answer

In every mode: nothing is fetched, no error is told, the policy holds. Waits for conditions, never for a time."""

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

mode, report_path, page_path = sys.argv[1:]
report = json.loads(Path(report_path).read_text())
findings = report["findings"]
names = ("chromium", "chromium-browser", "google-chrome")
browser_path = next(filter(None, map(shutil.which, names)), None)
assert browser_path, "no Chromium is installed (Debian package: chromium)"


def wait_for(page, numbers):
    """Until exactly these findings are shown, and the count says so."""
    page.wait_for_function(
        """([count, total, numbers]) => {
          if (document.getElementById("count").textContent !== count + " of " + total) return false;
          const wanted = new Set(numbers);
          return [...document.querySelectorAll("#findings > details")].every((one, at) => one.hidden !== wanted.has(at));
        }""",
        arg=[len(numbers), len(findings), numbers],
    )


def reset(page):
    page.click("button[type=reset]")
    wait_for(page, list(range(len(findings))))


def where(predicate):
    return [at for at, finding in enumerate(findings) if predicate(finding)]


def events(finding):
    life = finding.get("exposure") or {}
    return life.get("introduced", []) + life.get("removed", [])


def paths(finding):
    """Everything that a reader may look for under "path"."""
    first = ((finding.get("exposure") or {}).get("head") or [finding["location"]])[0]
    return [place.get("path", "") for place in [first, *finding["origins"], *events(finding)]]


def is_today(finding):
    return finding["exposure"]["in_head"]


def choose(page, select, value, predicate):
    expected = where(predicate)
    assert 0 < len(expected) < len(findings), f"{select}={value} would prove nothing"
    page.select_option("#" + select, value)
    wait_for(page, expected)
    reset(page)


def filters(page):
    for rule in sorted({finding["rule_id"] for finding in findings}):
        choose(page, "rule", rule, lambda finding: finding["rule_id"] == rule)
    for author in sorted({event["author"] for finding in findings for event in events(finding)})[:3]:
        choose(page, "author", author, lambda finding: author in {event["author"] for event in events(finding)})
    for verdict in sorted({finding["verification"]["verdict"] for finding in findings if "verification" in finding}):
        choose(page, "verdict", verdict, lambda f: f.get("verification", {}).get("verdict") == verdict)
    choose(page, "state", "today", is_today)
    choose(page, "state", "history", lambda finding: not is_today(finding))
    for severity in sorted({finding["severity"] for finding in findings}):
        page.uncheck(f"[name=severity][value={severity}]")
        wait_for(page, where(lambda finding: finding["severity"] != severity))
        reset(page)
    page.fill("#path", "PART3/")
    wait_for(page, where(lambda finding: any("part3/" in path for path in paths(finding))))
    # Filters act together, and text finds what stands in the folded part.
    page.select_option("#state", "today")
    wait_for(page, where(lambda f: is_today(f) and any("part3/" in path for path in paths(f))))
    reset(page)
    page.fill("#q", "word12 ")
    wait_for(page, where(lambda finding: "word12" in finding["excerpt"]["text"]))
    page.fill("#q", findings[5]["fingerprint"] + " nonsense")
    wait_for(page, [])
    page.fill("#q", findings[5]["fingerprint"].upper())
    wait_for(page, [5])
    reset(page)


def keys(page):
    active = "document.activeElement.id || document.activeElement.parentElement.id"
    page.keyboard.press("/")
    assert page.evaluate(active) == "q"
    page.keyboard.type("jk/")
    assert page.input_value("#q") == "jk/", "in a field, keys are text"
    wait_for(page, where(lambda finding: "jk/" in json.dumps(finding)))
    reset(page)
    page.focus("#q")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(active) == "f2", page.evaluate(active)
    page.keyboard.press("k")
    assert page.evaluate(active) == "f1"
    page.keyboard.press("Enter")
    assert page.eval_on_selector("#f1", "one => one.open")
    page.keyboard.press("Enter")
    assert not page.eval_on_selector("#f1", "one => one.open")


def content(page):
    text = page.text_content("#f1")
    finding = findings[0]
    for piece in (finding["fingerprint"], finding["excerpt"]["text"].strip()[:10], "What to do", "Places", "Commits"):
        assert piece in text, piece
    for event in events(finding):
        assert event["commit"][:10] in text and event["author"] in text and event["summary"] in text
    assert "aws iam update-access-key" in text
    page.evaluate("location.hash = '#f3'")
    page.wait_for_function("document.getElementById('f3').open")
    bars = page.locator("svg a").count()
    assert bars == min(40, len(where(lambda finding: (finding.get("exposure") or {}).get("introduced")))), bars
    page.locator(".names a").first.click()
    page.wait_for_function("document.getElementById(location.hash.slice(1)).open")
    receipt = page.text_content(".receipt")
    assert f"{report['receipt']['scanned']:,}" in receipt and f"{report['receipt']['commits']:,}" in receipt


def looks(page):
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(background) != dark
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(background) == "rgb(255, 255, 255)", "paper is white"
    assert not page.is_visible("#filters")
    page.emulate_media(media="screen", color_scheme="light")
    folded = "[...document.querySelectorAll('#findings > details')].filter(one => !one.open).length"
    before = page.evaluate(folded)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(folded) == 0, "paper cannot be unfolded"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) == before > 0
    for width in (320, 768, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"too wide at {width}"


def stays_text(page):
    planted = findings[0]["description"]
    visible = "<script>owned=1</script>"
    assert visible in planted and visible in page.text_content("#f1"), "it is shown as text"
    page.fill("#q", visible)
    wait_for(page, list(range(len(findings))))
    tags = page.evaluate("[...new Set([...document.querySelectorAll('main *, header *')].map(one => one.localName))]")
    assert not {"img", "script", "iframe", "object", "link", "style", "base"} & set(tags), tags
    names = page.evaluate("[...new Set([...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames()))]")
    assert not [name for name in names if name.startswith("on") or name == "style"], names


def always(page):
    """The policy lets nothing in or out, even for one who could write into the page."""
    hrefs = page.eval_on_selector_all("[href], [src]", "all => all.map(one => one.getAttribute('href') || one.src)")
    assert all(href.startswith(("#", "https://github.com/example/app/")) for href in hrefs), hrefs
    assert page.evaluate("document.scripts.length") == 1
    refused = page.evaluate(
        """() => new Promise((done) => {
          const seen = [];
          addEventListener("securitypolicyviolation", (event) => {
            seen.push(event.effectiveDirective);
            if (seen.length === 3) done(seen.sort());
          });
          const add = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
          add("img", { src: "http://127.0.0.1:9/x.png" });
          add("script", { textContent: "owned = 1" });
          add("style", { textContent: "body { display: none }" });
        })"""
    )
    assert refused == ["img-src", "script-src-elem", "style-src-elem"], refused
    assert page.evaluate("typeof owned") == "undefined"


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=browser_path)
    page = browser.new_page()
    asked, told = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("console", lambda message: told.append(message.text))
    page.goto(Path(page_path).resolve().as_uri())
    if mode == "audit":
        filters(page)
        keys(page)
        content(page)
        looks(page)
    elif mode == "hostile":
        stays_text(page)
    else:
        assert page.locator("#findings > details").count() == len(findings) >= 5000
        filters(page)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_function(f"document.getElementById('f{len(findings)}').getBoundingClientRect().top < 2 * innerHeight")
    assert asked == [Path(page_path).resolve().as_uri()], asked
    assert told == [], told
    always(page)
    browser.close()
print("ok")
