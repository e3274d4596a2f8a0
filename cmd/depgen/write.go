package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/depgen/depgen/gen"
)

// newFileMode is the mode of a new file before the umask. Existing files keep
// theirs.
const newFileMode fs.FileMode = 0o666

// generatedFile is the existing file at the path of a generated file, if any.
type generatedFile struct {
	path    string // after following symbolic links, because renaming onto a link replaces it
	mode    fs.FileMode
	content []byte
	missing bool
}

// findOutputs reads the existing files in the places of outputs. It returns an
// error if depgen did not write one of them.
func findOutputs(outputs []gen.Output) ([]*generatedFile, error) {
	files := make([]*generatedFile, len(outputs))
	for i, out := range outputs {
		var err error
		if files[i], err = findGenerated(out.Path, out.Header); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// findGenerated reads the generated file at path. It returns an error for any
// other existing file, because depgen must not overwrite it.
func findGenerated(path string, isGenerated func([]byte) bool) (*generatedFile, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &generatedFile{path: path, missing: true}, nil
	case err != nil:
		return nil, fmt.Errorf("find generated file: %w", err)
	}
	target := path
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("follow link (remove it if it leads nowhere): %w", err)
		}
		if info, err = os.Lstat(target); err != nil {
			return nil, fmt.Errorf("find generated file: %w", err)
		}
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; name another with --out", shown(path))
	}
	content, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("read generated file: %w", err)
	}
	if !isGenerated(content) {
		return nil, foundf("%s was not written by depgen and is left as it is; remove it, or name another file with --out", shown(path))
	}
	// Git may have checked the file out with Windows line endings. For Go, it
	// is the same file.
	if bytes.IndexByte(content, '\r') >= 0 {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	}
	return &generatedFile{path: target, mode: info.Mode().Perm(), content: content}, nil
}

// writeOutputs writes the files that differ from their outputs. It replaces
// none of them if one can't be written.
func writeOutputs(outputs []gen.Output) (err error) {
	files, err := findOutputs(outputs)
	if err != nil {
		return err
	}
	var staged []*stagedFile
	defer func() {
		for _, s := range staged {
			s.discard()
		}
	}()
	for i, old := range files {
		removeStale(filepath.Dir(old.path))
		if !old.missing && bytes.Equal(old.content, outputs[i].Content) {
			continue
		}
		s, err := stage(old, outputs[i].Content)
		if err != nil {
			return err
		}
		staged = append(staged, s)
	}
	for _, s := range staged {
		if err := s.commit(); err != nil {
			return err
		}
	}
	return nil
}

// temporary matches the names of temporary files, including those of older
// versions. The dot hides the files from the go command.
var temporary = regexp.MustCompile(`^\.depgen-([A-Z2-7]{26}|\d+)$`)

// staleAfter is far longer than a run keeps a temporary file.
const staleAfter = time.Minute

// removeStale removes the temporary files that killed runs have left in dir. A
// file that can't be removed does no harm.
func removeStale(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() || !temporary.MatchString(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// stagedFile is the new content of a file, in a temporary file beside it.
type stagedFile struct {
	temporary, path string
}

// stage writes the content that is to replace the old file, if any.
func stage(old *generatedFile, content []byte) (s *stagedFile, err error) {
	tmp, err := createTemporary(filepath.Dir(old.path))
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	s = &stagedFile{tmp.Name(), old.path}
	_, err = tmp.Write(content)
	if err == nil && !old.missing {
		err = tmp.Chmod(old.mode)
	}
	if err == nil {
		// Without Sync, a machine that crashes now could be left with an
		// empty file.
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		s.discard()
		return nil, fmt.Errorf("write temporary file: %w", err)
	}
	return s, nil
}

// commit replaces the file in one step.
func (s *stagedFile) commit() error {
	if err := os.Rename(s.temporary, s.path); err != nil {
		return fmt.Errorf("replace generated file: %w", err)
	}
	s.temporary = ""
	return nil
}

// discard removes the temporary file, unless commit has renamed it.
func (s *stagedFile) discard() {
	if s.temporary != "" {
		_ = os.Remove(s.temporary) // the user needs to see the error that led here
	}
}

// createTemporary makes an empty file with the mode of a new file.
// os.CreateTemp uses another mode.
func createTemporary(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, ".depgen-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
}
