"""The benchmarks, a module each; `registry` lists them."""
