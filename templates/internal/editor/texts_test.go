package editor

// messages are schemas with the server's messages.
var messages = []struct {
	name, schema string
	want         []string // "line: message"
}{
	{
		"id and values", "version: 1\nkinds:\n  doc:\n    id: string\n    values: [a]\n",
		[]string{"5: A kind has either id or values; remove one."},
	},
	{
		"neither id nor values", "version: 1\nkinds:\n  doc: {description: A doc.}\n",
		[]string{"3: A kind has an id or values; give it one."},
	},
	{
		"kind of nothing", "version: 1\nkinds:\n  doc:\n",
		[]string{`3: A kind is a mapping; write its keys below it, like "id: string".`},
	},
	{
		"empty kind", "version: 1\nkinds:\n  doc: {}\n",
		[]string{"3: A kind has an id or values; give it one."},
	},
	{
		"misspelled key", "version: 1\nkinds:\n  doc: {id: string, prefx: d}\n",
		[]string{"3: Property prefx is not allowed."},
	},
	{
		"prefix of the gateway", "version: 1\nkinds:\n  doc:\n    id: string\n    prefix: cc\n",
		[]string{"5: The prefix cc is the gateway's own; write another prefix."},
	},
	{
		"prefix with a colon", "version: 1\nkinds:\n  doc:\n    id: string\n    prefix: 'a:'\n",
		[]string{"5: A prefix may hold only letters, digits, _, . and -; the : that follows it is added."},
	},
	{
		"package that is a keyword", "version: 1\npackage: func\nkinds:\n  doc: {id: string}\n",
		[]string{"2: Go does not let a package be called that and imported; write another name, like deps."},
	},
	{
		"name in capitals", "version: 1\nkinds:\n  Doc: {id: string}\n",
		[]string{"3: A kind's name is made of a-z, 0-9 and _, begins with a letter, and has at most 64 characters."},
	},
	{
		"part's name in capitals", "version: 1\nkinds:\n  note:\n    id: [{User: uuid}]\n",
		[]string{"4: A name is made of a-z, 0-9 and _, begins with a letter, and has at most 64 characters."},
	},
	{
		"value that is a number", "version: 1\nkinds:\n  year: {values: [2024]}\n",
		[]string{"3: A value is text; quote one that looks like a number, a boolean or a date."},
	},
	{
		"version of the future", "version: 2\nkinds:\n  doc: {id: string}\n",
		[]string{"1: This version of the language is not known; write 1, or update depgen."},
	},
	{"merge in a kind", "version: 1\nkinds:\n  doc: &doc {id: string}\n  note:\n    <<: *doc\n", nil},
	{"merge of kinds", "version: 1\nkinds:\n  <<: {doc: {id: string}}\n  note: {id: int}\n", nil},
}

// everyKey is a schema with a line for each key.
const everyKey = `version: 1
package: deps
kinds:
  table:
    description: A table.
    values:
      docs: All.
      users:
  user:
    id: uuid
    deprecated: use table
  price:
    id: {type: string, named: SKU}
    versioned: int64
    prefix: p
    part_of:
      - table: docs
  note:
    id:
      - user: uuid
      - number: int64
    grouped_by:
      - user: $user
`
