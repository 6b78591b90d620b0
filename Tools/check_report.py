#!/usr/bin/env python3
"""Opens the page of a comparison, or of a cost, in headless Chromium, and tries it as a reader would.

At 1280 and 390 pixels, light and dark: every chart and table is there with a plausible size, its text lies within it,
the console says nothing, nothing is asked of the network, and the page never scrolls sideways; what does scroll has an
edge that fades. Clicks open what is folded, and print does too, and keeps legends; clicks and keys sort a table, both ways, and single out
a curve. --screenshots writes what was seen; --picture opens a standalone SVG, too.
Ends with 1, and a sentence, when something is wrong. Needs `chromium` (apt), and nothing else.
"""

import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
PATIENCE = 60


class Wrong(Exception):
    """What is wrong, as a sentence."""


class Browser:
    """Chromium, spoken to over a pair of pipes: messages of its DevTools protocol, each ended by a zero byte."""

    def __init__(self, program, folder):
        commands, self.commands = os.pipe()
        self.messages, messages = os.pipe()
        arguments = [
            program, "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
            "--remote-debugging-pipe", f"--user-data-dir={folder}",
        ]
        # Chromium's sandbox can't be had by root, as which containers run.
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        # It wants them as descriptors 3 and 4.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{commands} 4>&{messages}', "sh", *arguments],
            pass_fds=(commands, messages), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(messages)
        self.input = os.fdopen(self.messages, "rb", buffering=0)
        self.rest = b""
        self.number = 0
        self.session = None
        self.events = []

    def close(self):
        os.close(self.commands)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.input.close()

    def receive(self):
        while b"\0" not in self.rest:
            if not select.select([self.input], [], [], PATIENCE)[0]:
                raise Wrong(f"Chromium has said nothing for {PATIENCE} s")
            part = self.input.read(1 << 16)
            if not part:
                raise Wrong("Chromium has ended")
            self.rest += part
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        while (answer := self.receive()).get("id") != self.number:
            self.events.append(answer)
        if "error" in answer:
            raise Wrong(f"Chromium refused {method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, address):
        """Opens a page, and waits until all of it is there."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def run(self, script):
        """The value of an expression of the page."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Wrong(f"a script failed: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                     **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def click(self, selector):
        """Clicks with the mouse, at what lies in the middle of an element."""
        place = self.run(f"""(() => {{
          const element = document.querySelector({json.dumps(selector)});
          element.scrollIntoView({{ block: "center", inline: "center", behavior: "instant" }});
          const box = element.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1],
                     button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def screenshot(self, path, height=None):
        if height:
            width = self.run("innerWidth")
            image = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                             clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        else:
            image = self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(image["data"]))


def sentence(condition, text):
    if not condition:
        raise Wrong(text)


# What a reader can't see in a table: a text that is cut, or lies on another.
CHARTS = """[...document.querySelectorAll("main figure svg:not(svg svg)")].map((svg) => {
  const box = svg.getBoundingClientRect();
  const page = svg.closest(".scroll").getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((text) => text.getClientRects().length);
  const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
  const outside = boxes.filter(([, at]) => at.left < Math.min(box.left, page.left) - 2 || at.right > Math.max(box.right, page.right) + 2
    || at.top < box.top - 2 || at.bottom > box.bottom + 2).map(([text]) => text);
  const overlaps = [];
  boxes.forEach(([text, at], place) => boxes.slice(place + 1).forEach(([other, there]) => {
    const wide = Math.min(at.right, there.right) - Math.max(at.left, there.left);
    const high = Math.min(at.bottom, there.bottom) - Math.max(at.top, there.top);
    if (wide > 1 && high > 4) overlaps.push(text + " / " + other);
  }));
  return {
    id: svg.closest("figure").id, width: box.width, height: box.height, room: page.width,
    marks: svg.querySelectorAll("rect:not(.hit), circle, .curve").length, outside, overlaps,
  };
})"""

TABLES = """[...document.querySelectorAll("main table")].map((table) => {
  const box = table.getBoundingClientRect();
  return { id: table.id, width: box.width, height: box.height, rows: table.tBodies[0].rows.length,
    columns: table.tHead.rows[0].cells.length };
})"""


def check_charts(charts, workloads, is_whole, name):
    """The charts are those that there must be, each once."""
    kinds = ["ratios", "processor"] + (["curves", "rounds"] if is_whole else [])
    wanted = {f"{kind}-{workload}" for kind in kinds for workload in workloads}
    ids = [chart["id"] for chart in charts]
    sentence(workloads, f"{name}: there is no workload")
    sentence(wanted <= set(ids), f"{name}: there is no chart {sorted(wanted - set(ids))}")
    sentence(len(ids) == len(set(ids)), f"{name}: a chart is there twice: {ids}")
    # Of one workload each.
    for kind in ("load", "memory", "connections") if is_whole else ():
        sentence(any(chart in (f"{kind}-{workload}" for workload in workloads) for chart in ids),
                 f"{name}: there is no chart {kind}-...")


def check_cost_charts(browser, charts, name):
    """There is a chart for each kind of work, with as many colours in it as its legend has."""
    ids = [chart["id"] for chart in charts]
    for work in ("echo", "connection", "timer", "wakeup"):
        sentence(f"slices-{work}" in ids, f"{name}: there is no chart slices-{work}")
    sentence(len(ids) == len(set(ids)), f"{name}: a chart is there twice: {ids}")
    wrong = browser.run("""[...document.querySelectorAll("figure:has(.choices)")].map((figure) => {
      const colours = (all) => [...new Set([...all].map((one) => one.dataset.series))].sort().join(" ");
      return [figure.id, colours(figure.querySelectorAll(".choices button")),
        colours(figure.querySelectorAll(".series"))];
    }).filter(([, legend, bars]) => !bars || bars.split(" ").some((one) => !legend.split(" ").includes(one)))""")
    sentence(not wrong, f"{name}: a colour isn't in the legend: {wrong}")
    plain = browser.run("""[...document.querySelectorAll("rect.slice, .key.slice")].filter((one) => {
      const style = getComputedStyle(one);
      const colour = one.localName === "rect" ? style.fill : style.backgroundColor;
      return colour === "rgb(0, 0, 0)" || colour === "rgba(0, 0, 0, 0)";
    }).map((one) => one.getAttribute("class"))""")
    sentence(not plain, f"{name}: {plain[:3]} have no colour")


def check_looks(browser, name, is_whole, is_cost):
    charts = browser.run(CHARTS)
    if is_cost:
        check_cost_charts(browser, charts, name)
    else:
        workloads = browser.run("[...document.querySelectorAll('#throughput table')].map((table) => table.id)")
        check_charts(charts, [table.removeprefix("table-") for table in workloads], is_whole, name)
    for chart in charts:
        which = f"{name}: chart {chart['id']}"
        sentence(chart["width"] >= 120 and chart["height"] >= 60,
                 f"{which} is {chart['width']:.0f} x {chart['height']:.0f}")
        sentence(chart["marks"] > 0, f"{which} is empty")
        sentence(not chart["outside"], f"{which} has text outside of it: {chart['outside'][:3]}")
        sentence(not chart["overlaps"], f"{which} has text on other text: {chart['overlaps'][:3]}")
    tables = browser.run(TABLES)
    sentence(tables, f"{name}: there is no table")
    for table in tables:
        sentence(table["rows"] > 0 and table["columns"] > 1 and table["width"] >= 200 and table["height"] >= 40,
                 f"{name}: table {table['id']} is too small: {table}")
    over = browser.run("document.documentElement.scrollWidth - innerWidth")
    sentence(over <= 0, f"{name}: the page is {over} pixels too wide")
    wide = browser.run("""[...document.body.querySelectorAll("*")].filter((element) =>
      !element.closest(".scroll, pre") && element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.tagName + "." + element.className)""")
    sentence(not wide, f"{name}: {wide[:3]} reach beyond the page")


def check_folds(browser):
    """What is folded is closed at first, opens by a click and for print; from then on all of it is open."""
    states = "[...document.querySelectorAll('main details')].map((fold) => fold.open)"
    count = len(browser.run(states))
    if not count:
        return
    sentence(not any(browser.run(states)), "something folded is open at first")
    browser.click("main details > summary")
    sentence(browser.run(states) == [True] + [False] * (count - 1), "a click doesn't open what is folded")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    sentence(all(browser.run(states)), "something stays folded in print")
    browser.run("dispatchEvent(new Event('afterprint'))")
    sentence(browser.run(states) == [True] + [False] * (count - 1), "print leaves other folds open than it found")
    browser.run("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")


def check_fades(browser):
    """What is cut at its right edge fades there, until it is scrolled to its end."""
    settle = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    wrong = """[...document.querySelectorAll(".scroll")].filter((scroll) => scroll.clientWidth
      && (scroll.scrollWidth - scroll.clientWidth - scroll.scrollLeft > 1)
        !== (getComputedStyle(scroll).maskImage !== "none"))
      .map((scroll) => (scroll.firstElementChild.id || scroll.closest("figure").id))"""
    for place, where in (("0", "at first"), ("scroll.scrollWidth", "at its end")):
        browser.run(f"document.querySelectorAll('.scroll').forEach((scroll) => {{ scroll.scrollLeft = {place}; }})")
        browser.run(settle)
        sentence(not browser.run(wrong), f"the edges of {browser.run(wrong)[:3]} are wrong {where}")
    browser.run("document.querySelectorAll('.scroll').forEach((scroll) => { scroll.scrollLeft = 0; })")
    browser.run(settle)


def column(table, place):
    return (f"[...document.querySelectorAll('#{table} tbody tr')].map((row) => row.cells[{place}])"
            ".map((cell) => cell.dataset.key === '' || cell.dataset.key === undefined"
            " ? null : Number(cell.dataset.key))")


def check_order(browser, table, place, order, how):
    found = browser.run(f"document.querySelector('#{table} th:nth-child({place + 1})').getAttribute('aria-sort')")
    sentence(found == order, f"{how}: {table} says that it is {found}, not {order}")
    keys = browser.run(column(table, place))
    known = [key for key in keys if key is not None]
    sentence(known == sorted(known, reverse=order == "descending"), f"{how}: {table} isn't {order}: {known}")
    sentence(None not in keys[:len(known)], f"{how}: {table} has rows without a figure before others")


def check_first_order(browser):
    """A table is in the order that it says to be in before anybody has clicked."""
    tables = browser.run("""[...document.querySelectorAll('main table')].map((table) => [table.id,
      [...table.tHead.rows[0].cells].map((heading) => heading.getAttribute('aria-sort'))])""")
    sentence(any(set(orders) != {"none"} for _, orders in tables), "no table has an order")
    for table, orders in tables:
        for place, order in enumerate(orders):
            if order != "none":
                check_order(browser, table, place, order, "at first")


def check_sorting(browser):
    # A cost has it among its speed.
    table = browser.run("document.querySelector('#throughput table, #speed table[id^=table-]').id")
    count = browser.run(f"document.querySelectorAll('#{table} tbody tr').length")
    # By processor time: the lowest first; by responses the highest.
    places = browser.run(f"""[...document.querySelectorAll('#{table} thead th')].map((heading, place) =>
      [heading.dataset.first, place]).filter(([, place]) => place > 0)""")
    up = next(place for first, place in places if first == "ascending")
    down = next(place for first, place in places if first == "descending")
    opposite = {"ascending": "descending", "descending": "ascending"}
    # A click on the heading that it is sorted by already would be a second one.
    browser.click(f"#{table} th:first-child button")
    for place, first in ((up, "ascending"), (down, "descending")):
        heading = f"#{table} th:nth-child({place + 1}) button"
        browser.click(heading)
        check_order(browser, table, place, first, "a click")
        browser.click(heading)
        check_order(browser, table, place, opposite[first], "a second click")
    browser.run(f"document.querySelector('#{table} th:nth-child({up + 1}) button').focus()")
    browser.press("Enter", 13)
    check_order(browser, table, up, "ascending", "the Enter key")
    browser.press("Enter", 13)
    check_order(browser, table, up, "descending", "the Enter key again")
    browser.click(f"#{table} th:first-child button")
    names = browser.run(f"[...document.querySelectorAll('#{table} tbody th')].map((cell) => cell.textContent)")
    sentence(names == browser.run(f"{json.dumps(names)}.toSorted((a, b) => a.localeCompare(b))"),
             f"a click: {table} isn't sorted by name: {names}")
    sentence(len(names) == count, f"{table} has lost rows")


def check_curves(browser, is_cost):
    if not browser.run("!!document.querySelector('.choices button')"):
        return
    selector = ".choices button:last-child"
    shown = ("[...document.querySelector('figure:has(.choices)').querySelectorAll('.series')]"
             ".filter((curve) => getComputedStyle(curve).opacity > 0.9).length")
    # The change takes a moment.
    settle = "new Promise((done) => setTimeout(done, 300))"
    all_of_them = browser.run(shown)
    browser.click(selector)
    browser.run(settle)
    # A curve is one; the parts of bars are as many as there are bars with that colour.
    wanted = browser.run(f"""(() => {{
      const series = document.querySelector('{selector}').dataset.series;
      return document.querySelector('figure:has(.choices)')
        .querySelectorAll(`.series[data-series="${{series}}"]`).length;
    }})()""") if is_cost else 1
    sentence(0 < wanted == browser.run(shown), "a click on a name doesn't single its curve out")
    sentence(browser.run(f"document.querySelector('{selector}').getAttribute('aria-pressed')") == "true",
             "a name that was clicked isn't pressed")
    browser.click(selector)
    browser.ask("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    browser.run("document.activeElement.blur()")
    browser.run(settle)
    sentence(browser.run(shown) == all_of_them, "a second click doesn't bring the other curves back")


def check_print(browser):
    """On paper, too, something tells what the colours are."""
    browser.ask("Emulation.setEmulatedMedia", media="print")
    hidden = browser.run("""[...document.querySelectorAll("figure:has(.choices .slice)")]
      .filter((figure) => !figure.querySelector(".choices .slice").getClientRects().length)
      .map((figure) => figure.id)""")
    browser.ask("Emulation.setEmulatedMedia", media="")
    sentence(not hidden, f"print leaves {hidden} without a legend")


def check_events(browser, address):
    """Nothing on the console, and nothing asked but the page."""
    for event in browser.events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            raise Wrong(f"a script failed: {parameters['exceptionDetails']['text']}")
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            raise Wrong(f"the console says: {[value.get('value') for value in parameters['args']]}")
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            raise Wrong(f"the console says: {parameters['entry']['text']}")
        if method == "Network.requestWillBeSent" and parameters["request"]["url"].split("#")[0] != address:
            raise Wrong(f"the page asks for {parameters['request']['url']}")


def check(browser, page, picture, folder, is_whole, is_cost):
    address = page.resolve().as_uri()
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.ask(f"{domain}.enable")
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            name = f"{size}-{scheme}"
            browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                        mobile=size == "phone")
            browser.ask("Emulation.setEmulatedMedia",
                        features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.open(address)
            if folder:
                full = browser.run("document.documentElement.scrollHeight")
                browser.screenshot(folder / f"{name}.png", full)
            try:
                check_folds(browser)
                check_fades(browser)
            except Wrong as wrong:
                raise Wrong(f"{name}: {wrong}") from wrong
            if folder:
                full = browser.run("document.documentElement.scrollHeight")
                browser.screenshot(folder / f"{name}-open.png", full)
            check_looks(browser, name, is_whole, is_cost)
            try:
                check_first_order(browser)
                check_sorting(browser)
                check_curves(browser, is_cost)
                check_print(browser)
                check_events(browser, address)
            except Wrong as wrong:
                raise Wrong(f"{name}: {wrong}") from wrong
            if picture:
                browser.open(picture.resolve().as_uri())
                sentence(browser.run("document.documentElement.localName") == "svg",
                         f"{picture} is no SVG file")
                sentence(browser.run("document.querySelectorAll('.bar, .row .slice').length") > 0,
                         f"{picture} is empty")
                check_events(browser, picture.resolve().as_uri())
                if folder and size == "desktop":
                    browser.screenshot(folder / f"picture-{scheme}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path, help="the report.html, or the cost.html")
    parser.add_argument("--picture", type=pathlib.Path, metavar="FILE", help="a standalone SVG to look at, too")
    parser.add_argument("--whole", action="store_true",
                        help="expect all kinds of charts: rounds, percentiles, latency and load, memory")
    parser.add_argument("--cost", action="store_true", help="the page is of what a ladder costs, with its speed")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="FOLDER", help="where to write what was seen")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"),
                        metavar="PROGRAM", help="the browser")
    options = parser.parse_args()
    if not options.chromium:
        sys.exit("chromium isn't installed")
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(options.chromium, folder)
        try:
            check(browser, options.page, options.picture, options.screenshots, options.whole,
                  options.cost)
        except Wrong as wrong:
            sys.exit(f"{options.page}: {wrong}")
        finally:
            browser.close()
    print(f"{options.page}: looks right, light and dark, at {' and '.join(str(w) for w, _ in SIZES.values())} pixels")


if __name__ == "__main__":
    main()
