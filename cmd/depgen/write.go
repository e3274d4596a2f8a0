package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/depgen/depgen/gen"
)

// newFileMode is the mode of a file that was not there before; others keep theirs.
const newFileMode fs.FileMode = 0o644

// writeGenerated makes content the content of the file at path. It does nothing if
// that is so already, and returns an error if the file is not depgen's to overwrite.
func writeGenerated(path string, content []byte) error {
	target, mode := path, newFileMode
	old, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replaceFile(target, content, mode)
	case err != nil:
		return fmt.Errorf("find generated file: %w", err)
	case old.Mode()&fs.ModeSymlink != 0:
		// Renaming onto a link would replace the link rather than the file it leads to.
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return fmt.Errorf("follow link (remove it if it leads nowhere): %w", err)
		}
		if old, err = os.Lstat(target); err != nil {
			return fmt.Errorf("find generated file: %w", err)
		}
	}
	if !old.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file: name another with --out", path)
	}
	current, err := os.ReadFile(target)
	if err != nil {
		return fmt.Errorf("read generated file: %w", err)
	}
	if !bytes.HasPrefix(current, []byte(gen.Header)) {
		return foundf("%s was not written by depgen, and is left as it is: remove it, or name another file with --out", path)
	}
	if bytes.Equal(current, content) {
		return nil
	}
	return replaceFile(target, content, old.Mode().Perm())
}

// replaceFile puts a new file in the place of the one at path, if any, in one step.
func replaceFile(path string, content []byte, mode fs.FileMode) (err error) {
	// The dot keeps the go command from ever seeing the temporary file.
	tmp, err := os.CreateTemp(filepath.Dir(path), ".depgen-*")
	if err != nil {
		return fmt.Errorf("create temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // err is what the user has to know
		}
	}()
	_, err = tmp.Write(content)
	if err == nil {
		err = tmp.Chmod(mode)
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
	if err = os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("replace generated file: %w", err)
	}
	return nil
}
