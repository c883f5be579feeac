// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/store"
)

// sendFor bounds one try to send a checkpoint.
const sendFor = 10 * time.Second

// sink is a place elsewhere.
type sink interface {
	// put brings a tenant's checkpoint there, unless it is there.
	put(ctx context.Context, tenant, signed string, key *key) error
}

// deliver brings a tenant's newest checkpoint to a sink.
func (k *Keeper) deliver(ctx context.Context, s sink, tenant string) error {
	by, err := k.signing(ctx)
	if err != nil {
		return err
	}
	var h head
	err = k.o.Store.View(ctx, func(ctx context.Context) (err error) {
		h, err = readHead(store.Read(ctx), tenant)
		return err
	})
	if err != nil || h.Note == "" {
		return err
	}
	return s.put(ctx, tenant, h.Note, by)
}

// said is what was last logged about a copy that fails.
type said struct {
	text string
	at   time.Time
}

// sayAgain is how often a copy that goes on failing is logged.
const sayAgain = time.Hour

// copied logs a copy that fails once, again each hour and when something else is the matter, and that it is made again.
func (k *Keeper) copied(ctx context.Context, key, tenant string, err error) {
	before, failed := k.away[key]
	if err == nil {
		if failed {
			delete(k.away, key)
			k.o.Log.InfoContext(ctx, "audit: checkpoints are brought away again", slog.String("tenant", tenant))
		}
		return
	}
	now := k.o.Clock.Now()
	if failed && before.text == err.Error() && now.Sub(before.at) < sayAgain {
		return
	}
	k.away[key] = said{err.Error(), now}
	k.o.Log.WarnContext(ctx, "audit: a checkpoint could not be brought away", slog.String("tenant", tenant), slog.Any("error", err))
}

// Usable says why checkpoints cannot be appended in a folder. It is not made when it is missing: one that should be mounted
// from another machine would then be on this one, and nobody would notice.
func Usable(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	f, err := os.CreateTemp(dir, ".airside-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// folder appends to a file for each tenant.
type folder struct {
	dir  string
	done map[string]string // tenant -> its newest note there
}

// FileName is the name of the file to which a tenant's checkpoints are appended.
func FileName(tenant string) string { return url.PathEscape(tenant) + ".checkpoints" }

func (f *folder) put(_ context.Context, tenant, signed string, key *key) error {
	if f.done[tenant] == signed {
		return nil
	}
	path := filepath.Join(f.dir, FileName(tenant))
	if f.done[tenant] == "" {
		there, err := newest(path, key)
		if err != nil {
			return err
		}
		if there != nil {
			now, err := checkpoint.Open(signed, key.verifier)
			if err != nil {
				return err
			}
			if there.Size > now.Size || there.Size == now.Size && there.Root != now.Root {
				return fmt.Errorf("%w: %s holds a checkpoint of %d entries, the store has %d: it was cut, or an older copy was restored",
					ErrBroken, path, there.Size, now.Size)
			}
			if there.Size == now.Size {
				f.done[tenant] = signed
				return nil
			}
		}
	}
	if err := appendSynced(path, signed+"\n"); err != nil {
		return err
	}
	f.done[tenant] = signed
	return nil
}

// newest is the last checkpoint in a file that our key signed; nil when there is none.
func newest(path string, key *key) (found *checkpoint.Checkpoint, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return newestIn(f, info.Size(), key)
}

// tail is how much of the end of a file is read first; a checkpoint has some 300 bytes.
const tail = 64 << 10

// newestIn looks from the end, since the file grows for ever and what counts is last.
func newestIn(r io.ReaderAt, size int64, key *key) (*checkpoint.Checkpoint, error) {
	for part := int64(tail); ; part *= 4 {
		part = min(part, size)
		text := make([]byte, part)
		if _, err := io.ReadFull(io.NewSectionReader(r, size-part, part), text); err != nil {
			return nil, err
		}
		// What is cut at its beginning is none: it does not begin like one.
		for _, signed := range slices.Backward(checkpoint.Scan(string(text))) {
			if c, err := checkpoint.Open(signed, key.verifier); err == nil {
				return &c, nil
			}
		}
		if part == size {
			return nil, nil //nolint:nilnil // none of ours
		}
	}
}

// appendSynced appends and waits until it is on disk; the name of a new file, too.
func appendSynced(path, text string) (err error) {
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end := make([]byte, 2); size > 0 {
		if _, err := f.ReadAt(end, max(size-2, 0)); err != nil || string(end) != "\n\n" {
			text = "\n\n" + text // after one that was cut short
		}
	}
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if missing == nil {
		return nil
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// remote posts each checkpoint.
type remote struct {
	url    string
	client *http.Client
	done   map[string]string
}

func (r *remote) put(ctx context.Context, tenant, signed string, _ *key) error {
	if r.done[tenant] == signed {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(signed))
	if err != nil {
		return errors.New("the URL for checkpoints cannot be used") // it may hold a credential
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := r.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return fmt.Errorf("send: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("send: answered %s", resp.Status)
	}
	r.done[tenant] = signed
	return nil
}
