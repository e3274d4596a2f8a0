// Package early imports a package that a file is generated for, and that has no Go file yet.
package early

import _ "example.com/shop/bad_import_cycle_first"

type ID string
