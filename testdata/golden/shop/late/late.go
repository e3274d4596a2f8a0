// Package late imports a package that a file is generated for, and that has only tests yet.
package late

import _ "example.com/shop/bad_import_cycle_tests"

type ID string
