// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/store"
)

// page is how many entries are read for a file at once.
const page = 1000

// archive writes the entries between two checkpoints to a file and reads it back. Only a file that verifies
// gets its name.
func (k *Keeper) archive(ctx context.Context, tenant string, by *key, from, to bound) (name string, err error) {
	name = fmt.Sprintf("%s-%d-%d.jsonl.zst", url.PathEscape(tenant), from.size+1, to.size)
	path := filepath.Join(k.o.Archive, name)
	f, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := k.fill(ctx, f, tenant, by, from, to); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	z, err := zstd.NewReader(f)
	if err != nil {
		return "", err
	}
	defer z.Close()
	report, err := trailfile.Verify(z, trailfile.Options{Key: by.verifier})
	if err != nil {
		return "", err
	}
	if !report.Intact {
		return "", fmt.Errorf("%w: %s", ErrBroken, report.Problems[0])
	}
	if err := os.Rename(path+".part", path); err != nil {
		return "", err
	}
	return name, syncDir(k.o.Archive)
}

func (k *Keeper) fill(ctx context.Context, to io.Writer, tenant string, by *key, from, until bound) error {
	z, err := zstd.NewWriter(to)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(z)
	w := trailfile.NewWriter(buffered)
	err = k.o.Store.View(ctx, func(ctx context.Context) error {
		p, err := plan(store.Read(ctx), tenant, by, from, until)
		if err != nil {
			return err
		}
		return write(store.Read(ctx), tenant, p, w)
	})
	return errors.Join(err, buffered.Flush(), z.Close())
}

// Export makes a checkpoint of now and writes the entries of a period, as Plan has it.
func (k *Keeper) Export(ctx context.Context, tenant string, from, to time.Time, w *trailfile.Writer) error {
	p, err := k.Plan(ctx, tenant, from, to)
	if err != nil {
		return err
	}
	return k.o.Store.View(ctx, func(ctx context.Context) error { return write(store.Read(ctx), tenant, p, w) })
}

// write writes a planned file.
func write(r store.Reader, tenant string, p Plan, w *trailfile.Writer) error {
	if err := w.Add([]byte(p.Header)); err != nil {
		return err
	}
	for next := p.First; next > 0 && next <= p.Last; {
		var lines []string
		var err error
		if lines, next, err = Lines(r, tenant, next, p.Last, page); err != nil {
			return err
		}
		for _, l := range lines {
			if err := w.Add([]byte(l)); err != nil {
				return err
			}
		}
	}
	if p.Checkpoint != "" {
		if err := w.Add([]byte(p.Checkpoint)); err != nil {
			return err
		}
	}
	return w.End()
}
