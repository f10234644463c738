"""Drives the HTML reports in Chromium as a reader would. Usage: reports.py UNPARK FOLDER

Writes reports and screenshots into FOLDER. Exits with 1 where something is not as it should be.
"""

import base64
import json
import pathlib
import subprocess
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

UNPARK, OUT = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "testdata"

HOSTILE = [
    "<img src=x onerror=document.title='owned'>",
    "</script><script>document.title='owned'</script>",
    "\"'><svg onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "\u202egnp.exe\u2066 &amp; \u2028",
]


def hostile():
    blocks = []
    for i, name in enumerate(HOSTILE * 4, 1):
        blocks.append(
            f"goroutine {i} [chan send, {i} minutes]:\nmain.{name}(...)\n\t/app/{name}.go:{i} +0x1\n"
            f"created by main.{name} in goroutine 1\n\t/app/{name}.go:9 +0x1\n"
        )
    return "\n".join(blocks)


def many(stacks=100_000):
    blocks = []
    for i in range(stacks):
        blocks.append(
            f"goroutine {i + 1} [chan receive]:\nexample.com/app/p{i % 97}.leaf{i}(...)\n\t/app/p{i % 97}/leaf.go:{i % 500 + 1} +0x1\n"
            f"example.com/app.middle{i % 311}(...)\n\t/app/middle.go:{i % 311 + 1} +0x1\nmain.main(...)\n\t/app/main.go:7 +0x1\n"
        )
    return "\n".join(blocks) + "\n"


def report(name, *arguments):
    page, data = OUT / f"{name}.html", OUT / f"{name}.json"
    for form, file in (("html", page), ("json", data)):
        subprocess.run([UNPARK, *map(str, arguments), "--quiet", "--format", form, "-o", file], check=True)
    return page, json.loads(data.read_text())


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Reader:
    """One browser, and what a reader does with it."""

    def __init__(self):
        self.driver = browser()

    def size(self, width, height=800, dark=False, media=""):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        time.sleep(0.3)

    def open(self, page):
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        started = time.monotonic()
        self.driver.get(page.as_uri())
        WebDriverWait(self.driver, 20).until(lambda d: d.find_elements(By.CSS_SELECTOR, "#icicle .frame"))
        return time.monotonic() - started

    def shot(self, name, whole=False):
        settings = {"format": "png"}
        if whole:
            metrics = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": metrics["width"], "height": min(metrics["height"], 6000), "scale": 1}
            settings |= {"captureBeyondViewport": True, "clip": clip}
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", settings)["data"]
        (OUT / f"{name}.png").write_bytes(base64.b64decode(picture))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def frame(self, words):
        """The first frame with these words in what it says of itself."""
        found = [f for f in self.all("#icicle .frame") if words in f.get_attribute("aria-label")]
        assert found, f"no frame says {words!r}"
        return found[0]

    def click(self, element):
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def choose(self, list_id, words):
        Select(self.driver.find_element(By.ID, list_id)).select_by_visible_text(words)

    def nothing_happened(self, page):
        """No error, no request but for the page itself, nothing run that isn't the page's."""
        log = [e for e in self.driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
        assert not log, log
        urls = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.add(message["params"]["request"]["url"])
        assert urls <= {page.as_uri()}, urls
        assert self.driver.title.startswith("unpark: "), self.driver.title

    def fits(self):
        wide = self.driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels stand beyond the right edge"

    def answer_on_the_first_screen(self):
        for selector in ("h1", "#finding-0 h2"):
            box = self.driver.find_element(By.CSS_SELECTOR, selector).rect
            height = self.driver.execute_script("return window.innerHeight")
            assert box["y"] + box["height"] <= height, f"{selector} ends at {box['y'] + box['height']}"


def thousands(n):
    return f"{n:,}"


def check_numbers(reader, report):
    """The page's totals, findings and groups are the JSON's."""
    summary = report["summary"]
    words = reader.text("#totals")
    unit = "goroutine" if summary["goroutines"] == 1 else "goroutines"
    assert f"{thousands(summary['goroutines'])} {unit} in " in words, (words, summary)
    cards = reader.all(".finding h2")
    assert len(cards) == len(report["findings"])
    for card, finding in zip(cards, report["findings"]):
        said = card.get_attribute("textContent")
        assert finding["verdict"].upper() in said and thousands(finding["goroutines"]) in said, (said, finding)
    counts = [cell.get_attribute("textContent") for cell in reader.all("#groups tbody td.number")]
    shown = [g["count"] for g in report["groups"]][: len(counts)]
    assert [int(c.split("\n")[0].replace(",", "").split("→")[0].strip() or 0) if "→" not in c else None for c in counts] == [
        None if "→" in c else n for c, n in zip(counts, shown)
    ]


def triage(reader):
    page, data = report("triage", "triage", DATA / "orders/crash.log")
    reader.open(page)
    check_numbers(reader, data)
    reader.answer_on_the_first_screen()

    # Search.
    field = reader.driver.find_element(By.ID, "search")
    field.send_keys("price")
    WebDriverWait(reader.driver, 5).until(lambda d: "425 goroutines matched" in reader.text("#totals"))
    assert reader.all("#icicle .frame.matched")
    reader.shot("triage-search")
    reader.click(reader.driver.find_element(By.ID, "reset"))
    assert "matched" not in reader.text("#totals") and not field.get_attribute("value")

    # Zoom in by a click, deeper by the keyboard, and back.
    before = len(reader.all("#icicle .frame"))
    reader.click(reader.frame("main.(*pool).work:"))
    assert reader.frame("main.(*pool).work:").find_element(By.CSS_SELECTOR, "rect").size["width"] > 1000
    assert len(reader.all("#icicle .frame")) < before
    details = reader.text("#details")
    assert "main.go:54" in details and "created by main.(*pool).start" in details and "goroutines 3" not in details[:3], details
    reader.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert len(reader.all("#icicle .frame")) == before
    reader.driver.switch_to.active_element.send_keys(Keys.ARROW_UP, Keys.ARROW_DOWN, Keys.ENTER)
    assert len(reader.all("#icicle .frame")) < before
    reader.driver.switch_to.active_element.send_keys(Keys.BACKSPACE)
    assert len(reader.all("#icicle .frame")) == before

    # From the finding to its stacks, and from the stacks to the finding.
    reader.click(reader.driver.find_element(By.CSS_SELECTOR, "#finding-0 button"))
    assert "425 goroutines matched" in reader.text("#totals")
    assert "main.price.func1" in reader.text("#details")
    reader.shot("triage-finding")
    reader.click(reader.driver.find_element(By.CSS_SELECTOR, "#details [data-finding='0']"))
    assert reader.driver.switch_to.active_element.get_attribute("id") == "finding-0"
    reader.click(reader.driver.find_element(By.ID, "reset"))

    # Filters act on totals, icicle and groups alike.
    for state, n in data["summary"]["by_state"].items():
        reader.choose("by-state", state)
        groups = [g for g in data["groups"] if g["state"] == state]
        assert reader.text("#totals").startswith(f"{thousands(n)} goroutine"), reader.text("#totals")
        assert len(reader.all("#groups tbody tr")) == len(groups)
        assert f"{thousands(n)} goroutine" in reader.frame("all:").get_attribute("aria-label")
    reader.choose("by-state", "all")
    for verdict, n in data["summary"]["by_verdict"].items():
        if n:
            reader.choose("by-verdict", verdict)
            assert reader.text("#totals").startswith(f"{thousands(n)} goroutine")
    reader.click(reader.driver.find_element(By.ID, "reset"))
    reader.choose("colour", "wait state")
    assert "chan send 425" in reader.text("#legend")
    reader.choose("colour", "verdict")

    # From a row to its stack.
    reader.click(reader.all("#groups .row-button")[1])
    assert reader.all("#icicle .frame.chosen")
    reader.click(reader.driver.find_element(By.ID, "reset"))
    reader.nothing_happened(page)


def labels(reader):
    page, data = report("labels", "triage", DATA / "labels/go1.27.txt")
    reader.open(page)
    values = {}
    for group in data["groups"]:
        for key, counts in group["labels"].items():
            for value, n in counts.items():
                values[f"{key}={value}"] = values.get(f"{key}={value}", 0) + n
    assert values
    for label, n in values.items():
        if "\\" not in label and label == " ".join(label.split()) and label.isascii() and label.isprintable():
            reader.choose("by-label", label)
            assert reader.text("#totals").startswith(f"{thousands(n)} goroutine"), (label, reader.text("#totals"))
    reader.nothing_happened(page)


def diff(reader):
    page, data = report("diff", "diff", DATA / "orders/before.debug2.txt", DATA / "orders/after.debug2.txt")
    reader.open(page)
    check_numbers(reader, data)
    reader.answer_on_the_first_screen()
    assert "33 → 433 (+400)" in reader.text("#totals")
    assert "grown 425" in reader.text("#legend")
    assert "25 → 425 (+400)" in reader.frame("main.price.func1").get_attribute("aria-label")
    reader.choose("moment", "before")
    assert reader.text("#totals").startswith("33 goroutines")
    reader.choose("moment", "after")
    reader.nothing_happened(page)


def trend(reader):
    page, data = report("trend", "trend", DATA / "trend/ticker-no-stop")
    reader.open(page)
    check_numbers(reader, data)
    reader.answer_on_the_first_screen()
    lines = reader.all(".chart g.line")
    assert len(lines) == len(data["findings"])
    for line, finding in zip(lines, data["findings"]):
        titles = [t.get_attribute("textContent") for t in line.find_elements(By.CSS_SELECTOR, "title")]
        assert [int(t.rsplit(": ", 1)[1].replace(",", "")) for t in titles] == finding["counts"], titles
    reader.nothing_happened(page)


def hostile_names(reader):
    dump = OUT / "hostile.txt"
    dump.write_text(hostile())
    page, data = report("hostile", "triage", dump)
    reader.open(page)
    for i in range(len(reader.all("#icicle .frame"))):
        reader.all("#icicle .frame")[i].click()
        reader.click(reader.driver.find_element(By.ID, "back"))
    reader.click(reader.driver.find_element(By.ID, "reset"))
    for kind in ("img", "iframe", "object", "embed", "svg[onload]", "[onerror]", "a[href^='javascript']"):
        assert not reader.all(kind), kind
    assert len(reader.all("script")) == 2
    assert "\u202e" not in reader.driver.page_source
    reader.nothing_happened(page)


def hundred_thousand(reader):
    dump = OUT / "many.txt"
    dump.write_text(many())
    page, data = report("many", "triage", dump)
    dump.unlink()
    size, seconds = page.stat().st_size, reader.open(page)
    print(f"100,000 stacks: {size:,} bytes, open in {seconds:.1f} s")
    assert data["summary"]["goroutines"] == 100_000 and len(data["groups"]) == 100_000
    assert size < 2_000_000 and seconds < 8
    assert reader.text("#totals").startswith("100,000 goroutines in 100,000 groups")
    merged = reader.text("#merged")
    assert "stacks narrower than" in merged and "not all names" not in merged, merged
    started = time.monotonic()
    reader.driver.find_element(By.ID, "search").send_keys("middle17")
    found = sum(any("middle17" in f["function"] for f in g["frames"]) for g in data["groups"])
    WebDriverWait(reader.driver, 5).until(lambda d: f"{thousands(found)} goroutines matched" in reader.text("#totals"))
    print(f"searched in {time.monotonic() - started:.1f} s")
    reader.shot("many")

    # A name that merged stacks hold: its box is found, and says so.
    hidden = data["groups"][-1]["frames"][0]["function"]
    field = reader.driver.find_element(By.ID, "search")
    field.clear()
    field.send_keys(hidden)
    matching = sum(any(hidden in f["function"] for f in g["frames"]) for g in data["groups"])
    WebDriverWait(reader.driver, 5).until(lambda d: "in merged stacks" in reader.text("#totals"))
    words = reader.text("#totals").split("; ")[-1].replace(",", "").split()
    assert int(words[0]) <= matching <= int(words[0]) + int(words[6]), (words, matching)
    middle = data["groups"][-1]["frames"][1]["function"]
    reader.click(reader.frame(f"{middle}:"))
    found = [f for f in reader.all("#icicle .frame.matched") if hidden in f.get_attribute("aria-label")]
    assert found, "no box says that it holds the name"
    reader.click(found[0])
    assert f"some of them hold {hidden}" in reader.text("#details"), reader.text("#details")
    reader.shot("many-inside")
    reader.nothing_happened(page)


def pictures(reader):
    for name in ("triage", "diff", "trend", "hostile"):
        page = OUT / f"{name}.html"
        for width, height in ((1280, 800), (360, 740)):
            for dark in (False, True):
                reader.size(width, height, dark)
                reader.open(page)
                reader.fits()
                if name != "hostile":
                    reader.answer_on_the_first_screen()
                reader.shot(f"{name}-{width}{'-dark' if dark else ''}")
                if not dark or name == "trend":
                    reader.shot(f"{name}-{width}{'-dark' if dark else ''}-whole", whole=True)
    reader.size(800, 1100, media="print")
    reader.open(OUT / "trend.html")
    assert not any(control.is_displayed() for control in reader.all(".controls *"))
    reader.shot("trend-print", whole=True)


def without_script():
    """Headline, findings and groups stand without the script."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        driver.get((OUT / "diff.html").as_uri())
        assert "33 → 433 goroutines" in driver.find_element(By.TAG_NAME, "h1").text
        assert "LIKELY" in driver.find_element(By.CSS_SELECTOR, "#finding-0 h2").text
        assert len(driver.find_elements(By.CSS_SELECTOR, "#groups tbody tr")) > 3
        assert not driver.find_element(By.ID, "explorer").is_displayed()
    finally:
        driver.quit()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    reader = Reader()
    try:
        reader.size(1280)
        for check in (triage, labels, diff, trend, hostile_names, hundred_thousand, pictures):
            check(reader)
            print(f"ok  {check.__name__}", flush=True)
    finally:
        reader.driver.quit()
    without_script()
    print("ok  without_script")


main()
