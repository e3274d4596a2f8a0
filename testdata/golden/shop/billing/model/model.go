// Package model is the second package of that name.
package model

type Invoice int64
