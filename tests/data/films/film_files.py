"""Small chest films as bytes: PNG, JPEG and DICOM, sound and hostile, and tables of them."""

import io
import warnings
import zlib

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

HTML = "<img src=x onerror=alert(1)>"


def blobs(seed, *, height=48, width=40):
    """Grey values 0 to 1 that no other seed gives: smooth patches with a bright edge."""
    patches = np.random.default_rng(seed).random((6, 5), dtype=np.float32)
    grey = np.asarray(Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC))
    return np.clip(0.1 + 0.8 * grey, 0, 1).astype(np.float32)


def png(grey, **options):
    """Bytes of an 8-bit PNG of grey values 0 to 1."""
    return picture(np.rint(grey * 255).astype(np.uint8), **options)


def picture(values, kind="PNG", **options):
    """Bytes of a file of an array, or of a Pillow image."""
    file = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(file, kind, **options)
    return file.getvalue()


def film(seed, **size):
    """Bytes of a film as PNG."""
    return png(blobs(seed, **size))


def dicom_dataset(stored=None, **elements):
    """A sound CR film of 12 bits in 16; `elements` replace its own, None takes one out."""
    if stored is None:
        stored = np.rint(blobs(1) * 4095).astype(np.uint16)
    dataset = Dataset()
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["film"])
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "12345"
    dataset.PatientAge, dataset.PatientSex = "061Y", "F"
    dataset.PatientBirthDate, dataset.InstitutionName = "19590101", "General Hospital"
    dataset.StudyDate, dataset.ViewPosition, dataset.Modality = "20200312", "PA", "CR"
    dataset.BodyPartExamined, dataset.Manufacturer = "CHEST", "Acme"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = stored.shape[:2]
    dataset.BitsAllocated = stored.dtype.itemsize * 8
    dataset.BitsStored = 12 if stored.dtype.itemsize == 2 else 8
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.add_new("PixelData", "OW", stored.tobytes())
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the standard does not allow comes, too
                setattr(dataset, name, value)
    if "BitsStored" in dataset:
        dataset.HighBit = dataset.BitsStored - 1
    return dataset


def dicom(stored=None, *, syntax=ExplicitVRLittleEndian, preamble=b"\0" * 128, **elements):
    """Bytes of a DICOM file with `dicom_dataset`; of `syntax` only the name where it is packed."""
    dataset = dicom_dataset(stored, **elements)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    payload = file.getvalue().replace(b"\0" * 128, preamble, 1)
    named = str(ExplicitVRLittleEndian).encode() + b"\0"
    if syntax == ExplicitVRLittleEndian:
        return payload
    return _with_syntax(payload, named, str(syntax).encode())


def encapsulated(values, kind, syntax, **elements):
    """Bytes of a DICOM file whose pixels are packed as Pillow's `kind`."""
    dataset = dicom_dataset(values, **elements)
    dataset.PixelData = encapsulate([picture(values, kind)])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _with_syntax(payload, named, syntax):
    """The same file under another transfer syntax: its meta group alone is written anew."""
    at = payload.index(b"\x02\x00\x10\x00UI")
    length = int.from_bytes(payload[at + 6 : at + 8], "little")
    padded = syntax + b"\0" * (len(syntax) % 2)
    element = payload[at : at + 6] + len(padded).to_bytes(2, "little") + padded
    group = int.from_bytes(payload[140:144], "little") + len(padded) - length
    head = payload[:140] + group.to_bytes(4, "little") + payload[144:at]
    return head + element + payload[at + 8 + length :]


def deflated_bomb(megabytes=64):
    """A deflated DICOM file whose data set inflates to as much."""
    plain = dicom(syntax=DeflatedExplicitVRLittleEndian)
    end = 144 + int.from_bytes(plain[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain[end:]) + packer.compress(bytes(megabytes * 2**20))
    return plain[:end] + body + packer.flush()


def two_classes(each=2):
    """Bytes by path of `each` films of two classes in class folders."""
    return {
        f"{label}/{number}.png": film(100 * place + number)
        for place, label in enumerate(("normal", "covid19"))
        for number in range(each)
    }
