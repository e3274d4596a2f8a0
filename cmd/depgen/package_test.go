package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDefaultPackage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		folder    string
		files     map[string]string
		gopackage string // as if set elsewhere: the folder is never the working directory
		want      string
		wantErr   string
	}{
		{name: "folder", folder: "deps", want: "deps"},
		{name: "folder with other characters", folder: "Go-Deps.v2", want: "godepsv2"},
		{name: "folder with leading digits", folder: "2024data", want: "data"},
		{name: "folder is a keyword", folder: "type", wantErr: `folder name "type" makes no package name: pass --package`},
		{name: "folder without letters", folder: "2024-01", wantErr: "pass --package"},
		{name: "folder is blank", folder: "_", wantErr: "pass --package"},
		{name: "folder is main", folder: "main", wantErr: "package main, which cannot be imported"},
		{
			name: "files win over the folder", folder: "x",
			files: map[string]string{"a.go": "package shop"}, want: "shop",
		},
		{
			name: "files are main", folder: "x",
			files: map[string]string{"a.go": "package main"}, wantErr: "generate into a folder of its own with --out",
		},
		{
			name: "tests, programs apart and broken files do not count", folder: "x",
			files: map[string]string{
				"a_test.go": "package shop_test",
				"b.go":      "//go:build ignore\n\npackage main",
				"c.go":      "pakage c",
				"_d.go":     "package d",
				"e.txt":     "package e",
			},
			want: "x",
		},
		{
			name: "generated file alone", folder: "x",
			files: map[string]string{"deps_gen.go": "package old"}, want: "old",
		},
		{
			name: "generated file among others", folder: "x",
			files: map[string]string{"deps_gen.go": "package old", "z.go": "package shop"}, want: "shop",
		},
		{
			name: "two packages", folder: "x",
			files:   map[string]string{"a.go": "package a", "b.go": "package b"},
			wantErr: "holds the packages a (a.go) and b (b.go): pass --package",
		},
		{name: "GOPACKAGE of another folder", folder: "deps", gopackage: "app", want: "deps"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), tt.folder)
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), newFileMode); err != nil {
					t.Fatal(err)
				}
			}
			got, err := defaultPackage(filepath.Join(dir, "deps_gen.go"), tt.gopackage)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
