// Package model is the second of its name.
package model

type Invoice int64
