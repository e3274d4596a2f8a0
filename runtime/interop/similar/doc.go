// Package similar replays the question streams of docs/similar.md through the
// real client and the real local gateway, and compares the numbers of hits and
// of wrong hits with the page's.
//
// The contracts and the questions are those of the gateway vendor's compliance
// agent (MIT, see testdata/LICENSE), and the vectors are those of
// bge-small-en-v1.5 (MIT), the vendor's model. testdata/vectors.bin has them as
// signed bytes, so that the replay needs no model. One test serves the model
// itself, from a jar on Maven Central, with Python and onnxruntime. With
// -update it writes the vectors:
//
//	go test -run TestModel ./similar -update
package similar
