// Package python runs the gateway vendor's own Python client, version 0.1.0 from
// PyPI, beside the client of package cachecore: where the two have to agree, and
// where they differ on purpose.
//
// The tests need Python with that package: the interpreter that DEPGEN_PYTHON
// names, or else python3, of which they make a virtual environment in the user's
// cache folder.
package python
