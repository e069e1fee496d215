"""The panels in JupyterLab, in a browser without a screen, as a reader uses them."""

import os
import re
import shutil
import socket
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from selenium import webdriver
from selenium.common import exceptions as errors
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from urllib3 import PoolManager, Retry

from helpers.settings import ROOT

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="needs a browser: install chromium and chromium-driver",
)

PATIENCE = 180  # seconds: a busy machine starts JupyterLab and TensorFlow slowly

NOT_YET = (
    errors.ElementClickInterceptedException,
    errors.ElementNotInteractableException,
    errors.StaleElementReferenceException,
)
"""What a page raises that is still being laid out."""

TRAINING = """
import numpy as np
from pathlib import Path
from helpers.training.batches import Examples
from helpers.recipe import Recipe
from helpers.settings import Settings
from helpers.widgets.training_panel import TrainingPanel

rng = np.random.default_rng(0)
labels = np.tile([2, 1, 5, 10, 10, 10], (200, 1))
examples = Examples(rng.integers(0, 256, (200, 32, 32), dtype=np.uint8), labels)
data = {"train": examples, "validation": examples}
TrainingPanel(Recipe(layers=4, steps=100_000), data, Settings(runs_root=Path("runs")))
"""

PHOTOS = """
import numpy as np
from PIL import Image
from helpers.reader import Reading
from helpers.widgets.photo_picker import PhotoPicker

class SizeReader:
    def read(self, images, boxes=((20, 30, 97, 80),)):
        left, top, right, bottom = boxes[0]
        digits = ((("4", 0.9), ("9", 0.1)),) * 3
        return [Reading(f"{right - left}{bottom - top}", 0.9, boxes[0], True, digits)]

    def crops(self, image, boxes):
        return np.zeros((1, 48, 72), np.uint8)

photos = {"street": Image.linear_gradient("L"), "door": Image.new("L", (200, 300))}
PhotoPicker(SizeReader(), photos, {"door": (40, 60, 140, 160)})
"""


@pytest.fixture
def lab(tmp_path):
    """The address of JupyterLab, which shows the test's folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"port={port}", "port_retries=0", f"root_dir={tmp_path}"]
    options += ["ip=127.0.0.1", "open_browser=False", "allow_root=True"]
    flags = [f"--ServerApp.{option}" for option in options]
    flags += ["--IdentityProvider.token=", "--LabApp.news_url=None"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *flags],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        retries = Retry(PATIENCE, backoff_factor=0.5, backoff_max=1)
        PoolManager(retries=retries).request("GET", f"{address}/api", timeout=5)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:  # as when it was just starting a kernel
            server.kill()
            server.wait()


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    switches = "headless=new no-sandbox disable-gpu disable-dev-shm-usage no-first-run"
    profile = f"user-data-dir={tmp_path / 'profile'}"
    for switch in (*switches.split(), profile, "window-size=1280,1100"):
        options.add_argument(f"--{switch}")
    driver = webdriver.Chrome(
        options, webdriver.ChromeService(shutil.which("chromedriver"))
    )
    yield driver
    driver.quit()


class Page:
    """A notebook of one cell, open in JupyterLab and run."""

    def __init__(self, browser, address):
        self.browser = browser
        self.wait = WebDriverWait(browser, PATIENCE, ignored_exceptions=NOT_YET)
        browser.get(f"{address}/lab/tree/panel.ipynb")
        self.until(self.in_cell)
        keys = ActionChains(browser).key_down(Keys.CONTROL).send_keys(Keys.ENTER)
        keys.key_up(Keys.CONTROL).perform()

    def in_cell(self):
        """Click in the cell; true once the notebook shows that its kernel waits."""
        editor = self.find(".jp-Cell .jp-InputArea-editor")
        if editor:
            editor.click()
        return self.find(".jp-StatusBar-TextItem", "| Idle")

    def until(self, found):
        return self.wait.until(lambda _: found())

    def find(self, selector, words=""):
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return next((item for item in found if words in item.text), None)

    def says(self, words):
        return self.until(lambda: self.find(".widget-html", words)).text

    def press(self, words):
        item = self.until(lambda: self.find("button", words))
        self.until(item.is_enabled)
        self.browser.execute_script("arguments[0].click()", item)

    def drag(self, item, right, down):
        mouse = ActionChains(self.browser).move_to_element(item).click_and_hold()
        mouse.move_by_offset(right, down).release().perform()


@pytest.fixture
def opened(browser, lab, tmp_path):
    """Open a notebook of one cell in JupyterLab and run it."""

    def opened(code):
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = new_notebook(cells=[new_code_cell(code.strip())], metadata=kernel)
        nbformat.write(notebook, tmp_path / "panel.ipynb")
        return Page(browser, lab)

    return opened


def test_slider_train_stop_and_result_in_jupyterlab(opened, tmp_path):
    page = opened(TRAINING)
    readout = page.until(lambda: page.find(".widget-readout", "4"))
    page.find(".noUi-handle").send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    page.until(lambda: readout.text == "2")
    settings = page.find(".widget-textarea textarea")
    page.until(lambda: "layers=2" in settings.get_property("value"))

    page.press("Train")
    page.says("step ")
    page.press("Stop")
    said = page.says("stopped; ")
    assert re.match(r"stopped; [\d,]+ weights, \d+ steps/s", said)
    (kept,) = (tmp_path / "runs").glob("*/numbers_2_layers_*/checkpoint.npz")
    assert kept.is_file()


def test_photo_box_and_reading_in_jupyterlab(opened):
    page = opened(PHOTOS)
    page.says("7750 (90%)")
    Select(page.find(".widget-dropdown select")).select_by_visible_text("door")
    page.says("100100 (90%)")
    edge = page.until(lambda: page.find(".wrapper line.right"))
    page.drag(edge, 70, 0)  # 420 pixels show 300
    page.says("150100 (90%)")
    page.drag(page.find(".wrapper rect.movable"), 14, 28)
    page.drag(page.find(".wrapper line.top"), 0, -14)
    page.says("150110 (90%)")
    pictures = page.browser.find_elements(By.CSS_SELECTOR, ".jp-OutputArea img")
    page.until(lambda: all(p.get_property("naturalWidth") for p in pictures))
    assert len(pictures) == 2

    page.press("Find the number")
    page.says("7750 (90%)")
