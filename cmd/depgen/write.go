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

	"github.com/depgen/depgen/gen/golang"
)

// newFileMode is the mode of a new file before the umask. Existing files keep
// theirs.
const newFileMode fs.FileMode = 0o666

// generatedFile is what stands in the place of a generated file.
type generatedFile struct {
	path    string // behind symbolic links, for renaming onto a link would replace the link
	mode    fs.FileMode
	content []byte
	missing bool
}

// findGenerated reads the generated file at path. It returns an error if what
// stands there is not depgen's to overwrite.
func findGenerated(path string) (*generatedFile, error) {
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
	if !golang.IsGenerated(content) {
		return nil, foundf("%s was not written by depgen and is left as it is; remove it, or name another file with --out", shown(path))
	}
	// Git may have checked the file out with the line ends of Windows; Go reads
	// it as the same file.
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	return &generatedFile{path: target, mode: info.Mode().Perm(), content: content}, nil
}

// writeGenerated makes content the content of the file at path. It does nothing
// if that is so already.
func writeGenerated(path string, content []byte) error {
	old, err := findGenerated(path)
	if err != nil {
		return err
	}
	removeStale(filepath.Dir(old.path))
	if bytes.Equal(old.content, content) {
		return nil
	}
	return replaceFile(old, content)
}

// temporary matches the names of temporary files, those of older versions too.
// The dot hides them from the go command.
var temporary = regexp.MustCompile(`^\.depgen-([A-Z2-7]{26}|\d+)$`)

// staleAfter is far longer than a run needs from making a temporary file to
// renaming it.
const staleAfter = time.Minute

// removeStale removes the temporary files that killed runs have left in dir. A
// file that it cannot remove does no harm.
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

// replaceFile puts a new file in the place of the old one, if any, in one step.
func replaceFile(old *generatedFile, content []byte) (err error) {
	tmp, err := createTemporary(filepath.Dir(old.path))
	if err != nil {
		return fmt.Errorf("create temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // err is what the user has to know
		}
	}()
	_, err = tmp.Write(content)
	if err == nil && !old.missing {
		err = tmp.Chmod(old.mode)
	}
	if err == nil {
		// Else a machine that goes down now could be left with an empty file.
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	if err = os.Rename(tmp.Name(), old.path); err != nil {
		return fmt.Errorf("replace generated file: %w", err)
	}
	return nil
}

// createTemporary makes an empty file with the mode of a new one, which
// os.CreateTemp does not.
func createTemporary(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, ".depgen-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
}
