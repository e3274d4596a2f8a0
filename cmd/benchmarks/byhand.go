package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/depgen/depgen/runtime/cachecore"
)

// element is a dep in the header, as an application without depgen writes it.
type element struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

func handmade(deps []cachecore.Dep) []element {
	elements := make([]element, len(deps))
	for i, d := range deps {
		elements[i] = element{d.ID(), d.Hash()}
	}
	return elements
}

// setDeps sets the header that the client sends for the same deps.
func setDeps(req *http.Request, deps []element) error {
	text, err := json.Marshal(deps)
	if err != nil {
		return fmt.Errorf("encode the deps: %w", err)
	}
	req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString(text))
	return nil
}
