package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

func (p *program) newBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the store into a new file, while the gateway works",
		Long: `Copy the store into a new file, while the gateway works. Copy the folder of attachments
afterwards: it then has every file that the copy names. To put a copy back, stop the gateway,
remove the store with its -wal and -shm, and name the copy like it; desktops notice, and
nobody sees anything twice.`,
		Args: arguments("the FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.read()
			if err != nil {
				return err
			}
			in, err := store.Open(cmd.Context(), store.Params{File: s.Database(), Beside: true})
			if err != nil {
				return err
			}
			if err := errors.Join(in.Backup(cmd.Context(), args[0]), in.Close()); err != nil {
				return err
			}
			done := struct {
				File        string `json:"file"`
				Attachments string `json:"attachments"`
			}{args[0], s.Attachments}
			return p.print(done, func(w io.Writer) {
				fmt.Fprintf(w, "The store is in %s. Copy the folder %s as well.\n", args[0], s.Attachments)
			})
		},
	}
}
