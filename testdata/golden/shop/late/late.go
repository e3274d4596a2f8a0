// Package late imports a generated package that has only tests yet.
package late

import _ "example.com/shop/bad_import_cycle_tests"

type ID string
