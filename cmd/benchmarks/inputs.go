package main

import (
	"fmt"
	"strings"
)

// kinds returns a schema of n kinds. Half of them have a composite id, a
// quarter a free id, and a quarter a named id with a version. They are part of
// a table or grouped by an owner, as the data of an application is.
func kinds(n int) string {
	var b strings.Builder
	b.WriteString("version: 1\npackage: deps\nkinds:\n" +
		"  table:\n    description: A database table, for answers that read any row of it.\n" +
		"    values:\n      products: The product catalogue.\n      orders:\n      docs:\n" +
		"  owner:\n    description: Who owns a row.\n    id: uuid\n")
	for i := 2; i < n; i++ {
		fmt.Fprintf(&b, "  row_%d:\n    description: One row of table %d of the application.\n", i, i)
		switch i % 4 {
		case 0, 2:
			b.WriteString("    id:\n      - owner: uuid\n      - number: int64\n    grouped_by:\n      - owner: $owner\n")
		case 1:
			b.WriteString("    id: string\n")
		case 3:
			fmt.Fprintf(&b, "    id: {type: string, named: Row%dKey}\n    versioned: int64\n", i)
		}
		b.WriteString("    part_of:\n      - table: docs\n")
	}
	return b.String()
}

// tables returns the input of sqlc for n tables with two queries each.
func tables(n int) map[string]string {
	var schema, queries strings.Builder
	for i := range n {
		fmt.Fprintf(&schema, "CREATE TABLE row_%d (\n  owner uuid NOT NULL,\n  number bigint NOT NULL,\n  title text NOT NULL,\n"+
			"  body text,\n  PRIMARY KEY (owner, number)\n);\nCOMMENT ON TABLE row_%d IS 'One row of table %d of the application.';\n\n", i, i, i)
		fmt.Fprintf(&queries, "-- name: GetRow%d :one\nSELECT title, body FROM row_%d WHERE owner = $1 AND number = $2;\n\n"+
			"-- name: UpdateRow%d :exec\nUPDATE row_%d SET title = $3 WHERE owner = $1 AND number = $2;\n\n", i, i, i, i)
	}
	return map[string]string{
		"schema.sql":  schema.String(),
		"queries.sql": queries.String(),
		"sqlc.yaml": `version: "2"
sql:
  - engine: postgresql
    schema: schema.sql
    queries: queries.sql
    gen:
      go:
        package: db
        out: db
`,
	}
}

// constants returns a package with a type Color of n constants.
func constants(n int) map[string]string {
	var b strings.Builder
	b.WriteString("package color\n\ntype Color int\n\nconst (\n")
	for i := range n {
		fmt.Fprintf(&b, "\tColor%d Color = %d\n", i, i)
	}
	b.WriteString(")\n")
	return map[string]string{"color.go": b.String(), "go.mod": "module color\n\ngo 1.26.0\n"}
}
