"""The panel in JupyterLab, in a browser without a screen, as a reader uses it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from helpers.settings import ROOT

PATIENCE = 180  # seconds: a busy machine starts JupyterLab and TensorFlow slowly

NOTEBOOK = """
import numpy as np
from pathlib import Path
from helpers.batches import Examples
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.widgets import TrainingPanel

rng = np.random.default_rng(0)
labels = np.tile([2, 1, 5, 10, 10, 10], (200, 1))
examples = Examples(rng.integers(0, 256, (200, 32, 32), dtype=np.uint8), labels)
data = {"train": examples, "validation": examples}
TrainingPanel(Recipe(layers=4, steps=100_000), data, Settings(runs_root=Path("runs")))
"""

needs_browser = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="needs a browser: install chromium and chromium-driver",
)


@contextmanager
def jupyter_lab(folder):
    """Run JupyterLab on ``folder`` and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": "",
        "LabApp.news_url": None,
    }
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.check_for_updates=False"]
    server = subprocess.Popen(
        [*command, *(f"--{name}={value}" for name, value in options.items())],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for option in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1280,1100",
    ):
        options.add_argument(option)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    yield driver
    driver.quit()


def open_when_up(browser, address):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "JupyterLab does not answer"
            time.sleep(0.5)
    browser.get(f"{address}/lab/tree/panel.ipynb")


@needs_browser
def test_slider_train_stop_and_result_in_jupyterlab(browser, tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    nbformat.write(
        new_notebook(
            cells=[new_code_cell(NOTEBOOK.strip())],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        ),
        folder / "panel.ipynb",
    )
    wait = WebDriverWait(browser, PATIENCE)

    def find(selector, words=""):
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return next((item for item in found if words in item.text), None)

    def press(selector, words):
        item = wait.until(lambda _: find(selector, words))
        wait.until(lambda _: item.is_enabled())
        browser.execute_script("arguments[0].click()", item)

    with jupyter_lab(folder) as address:
        open_when_up(browser, address)
        wait.until(lambda _: find(".jp-StatusBar-TextItem", "| Idle"))
        find(".jp-Cell .jp-InputArea-editor").click()
        keys = ActionChains(browser).key_down(Keys.CONTROL).send_keys(Keys.ENTER)
        keys.key_up(Keys.CONTROL).perform()

        readout = wait.until(lambda _: find(".widget-readout", "4"))
        find(".noUi-handle").send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        wait.until(lambda _: readout.text == "2")
        settings = find(".widget-textarea textarea")
        wait.until(lambda _: "layers=2" in settings.get_property("value"))

        press("button", "Train")
        wait.until(lambda _: find(".widget-html", "step "))
        press("button", "Stop")
        said = wait.until(lambda _: find(".widget-html", "stopped; ")).text
        picture = tmp_path / "panel.png"
        assert browser.save_screenshot(str(picture))

    assert re.match(r"stopped; [\d,]+ weights, \d+ steps/s", said)
    (kept,) = (folder / "runs").glob("*/numbers_2_layers_*/history.csv")
    assert kept.is_file()
    assert picture.stat().st_size > 10_000
