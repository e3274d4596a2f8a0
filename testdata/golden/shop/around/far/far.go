// Package far imports such a package through another.
package far

import "example.com/shop/around"

type ID = around.ID
