import sys
from pathlib import Path

# The scripted server stands beside this folder, for all of the research tests; tests are no package.
sys.path.insert(0, str(Path(__file__).parents[1]))
