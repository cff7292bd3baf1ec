"""What the machine has, on the terminal: `doctor`."""


def test_doctor(lab, homes):
    said = lab("doctor", "--json")
    assert said.code == 0
    told = said.json
    assert told["healthy"] is True
    assert told["homes"]["runs"] == str(homes / "runs")
    assert "torch" in told["versions"]
    assert "cpu" in [device["id"] for device in told["devices"]]
    missing = {finding["name"]: finding for finding in told["data"] if not finding["ready"]}
    assert "MNIST" in missing
    assert missing["MNIST"]["hint"]
    assert [finding["ready"] for finding in told["weights"]] == [True]
    lines = lab("doctor").out
    assert "[missing] MNIST" in lines
    assert "[ok     ] LeNet-5" in lines


def test_doctor_where_nothing_can_be_written(lab, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file" / "runs"))
    said = lab("doctor", "--json")
    assert said.code == 1
    assert said.json["healthy"] is False
    assert "CNN_LAB_RUNS" in said.json["storage"][0]["hint"]


def test_doctor_knows_a_folder_with_mnist(lab, mnist_home, monkeypatch):
    monkeypatch.setenv("CNN_LAB_DATA", str(mnist_home))
    data = {finding["name"]: finding["ready"] for finding in lab("doctor", "--json").json["data"]}
    assert data["MNIST"] is True
