// Package around imports a package whose file is generated.
package around

import "example.com/shop/bad_import_cycle"

type ID string

var _ = cycle.Limit
