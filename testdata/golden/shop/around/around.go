// Package around imports a package that a file is generated for.
package around

import "example.com/shop/bad_import_cycle"

type ID string

var _ = cycle.Limit
