// Package early imports a generated package without a Go file yet.
package early

import _ "example.com/shop/bad_import_cycle_first"

type ID string
