"""Unpacks the binaries and the configuration of the installed `milvus` package into a directory: unpack.py DIRECTORY"""

import lzma
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

target = Path(sys.argv[1])
data = Path(find_spec("milvus").origin).parent / "data"
shutil.rmtree(target, ignore_errors=True)
(target / "bin").mkdir(parents=True)
for packed in (data / "bin").glob("*.lzma"):
    path = target / "bin" / packed.stem
    with lzma.open(packed) as source, open(path, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    path.chmod(0o755)
for name in ("config.yaml.template", "glog.conf"):
    shutil.copy(data / name, target / name)
