// Package python runs the gateway vendor's own Python client, version 0.1.0
// from PyPI, and the client of package cachecore. The tests show where the two
// have to agree, and where they differ on purpose.
//
// The tests need Python with that package. They use the interpreter named by
// DEPGEN_PYTHON. Without it, they use python3 to make a virtual environment in
// the user's cache folder.
package python
