// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/binary"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/leadline/leadline/internal/slice"
)

// idLoader makes the id sets of a replay. To insert ids one by one as they are
// read costs a cache miss each and a set that grows all the time: 100 ns an id
// where a gigabyte of log holds a hundred million. So they are gathered by
// minute, sorted into bins beside the reading, and once their number is known
// each shard is made in its final size and filled bin by bin, each of which lies
// in the cache, on every core: 20 ns of processor time an id. Half of that is
// left for when requests are taken already; see finish.
//
// Sets beyond the limit are not made: the ids that come later are left out,
// and their minutes are partial, as when the memory had run out while counting.
type idLoader struct {
	limit   int // bytes of all sets together
	bytes   int // that the sets will take
	minutes map[slice.Minute]*idLoad
	full    chan sorting
	sorted  sync.WaitGroup
	free    chan []byte
}

// idLoad is what was gathered of one minute.
type idLoad struct {
	raw     []byte // not sorted yet: 8 bytes an id, little endian
	len     int    // ids handed to be sorted
	bytes   int    // that the set will take
	chunks  []*idChunk
	partial bool
	into    *idSet        // see finish
	done    chan struct{} // to be closed when into is made
}

// A bin is a part of a shard: its ids belong into so many slots that follow
// each other.
const (
	idBinBits   = idShardBits + 4
	idBins      = 1 << idBinBits
	idShardBins = idBins / idShards
)

// idChunk is a part of a minute's ids by bin: those of bin i are
// ids[at[i]:at[i+1]].
type idChunk struct {
	ids []uint64
	at  [idBins + 1]int32
}

// sorting asks for the raw ids to be sorted into the chunk.
type sorting struct {
	raw  []byte
	into *idChunk
}

// idChunkBytes is how many raw bytes are sorted at a time: enough for long
// runs in each shard, few enough to stay in the processor's cache.
const idChunkBytes = 512 << 10

func newIDLoader(limit int) *idLoader {
	l := &idLoader{
		limit: limit, minutes: make(map[slice.Minute]*idLoad),
		full: make(chan sorting, 16), free: make(chan []byte, 16),
	}
	l.sorted.Go(l.sort)
	return l
}

// sort sorts until stop.
func (l *idLoader) sort() {
	for s := range l.full {
		s.into.sort(s.raw)
		select {
		case l.free <- s.raw[:0]:
		default:
		}
	}
}

// stop waits until everything is sorted that was handed over.
func (l *idLoader) stop() {
	close(l.full)
	l.sorted.Wait()
}

// add takes the ids of one run.
func (l *idLoader) add(m slice.Minute, ids []byte) {
	o := l.minutes[m]
	if o == nil {
		o = &idLoad{}
		l.minutes[m] = o
	}
	if len(o.raw)+len(ids) > idChunkBytes && len(o.raw) > 0 {
		l.hand(o)
	}
	o.raw = append(o.raw, ids...)
}

// hand hands the raw ids of a minute over, unless their set would be too large.
func (l *idLoader) hand(o *idLoad) {
	n := len(o.raw) / 8
	bytes := idSetBytes(o.len + n)
	if o.partial || l.bytes+bytes-o.bytes > l.limit {
		o.partial, o.raw = true, o.raw[:0]
		return
	}
	l.bytes += bytes - o.bytes
	o.len, o.bytes = o.len+n, bytes
	c := &idChunk{}
	o.chunks = append(o.chunks, c)
	l.full <- sorting{o.raw, c}
	select {
	case o.raw = <-l.free:
	default:
		o.raw = nil
		if len(o.chunks) > 1 {
			o.raw = make([]byte, 0, idChunkBytes)
		}
	}
}

// idSetBytes returns the memory of a set of n ids. Some shards hold more than
// others: up to about 2 % where it matters.
func idSetBytes(n int) int {
	return 8 * idShards * shardSlots((n+n/50)/idShards)
}

// shardSlots returns the slots of a shard of n ids.
func shardSlots(n int) int {
	slots := idShardMin
	for n*4 >= slots*3 {
		slots *= 2
	}
	return slots
}

// finish lets the minutes wait for their sets, and makes these in the
// background, the newest first: its events come first, and no event of another
// minute has to wait for it. It ends the loader.
func (l *idLoader) finish(minutes *minutes) {
	for m, o := range l.minutes {
		if len(o.raw) > 0 {
			l.hand(o)
		}
		into := minutes.at(m)
		into.partial = o.partial
		into.loading = &idLoading{bytes: o.bytes, done: make(chan struct{})}
		o.into, o.done = &into.ids, into.loading.done
	}
	go l.load()
}

func (l *idLoader) load() {
	l.stop()
	for _, m := range slices.Backward(slices.Sorted(maps.Keys(l.minutes))) {
		o := l.minutes[m]
		o.into.load(o.chunks)
		close(o.done)
		delete(l.minutes, m)
	}
}

// idLoading is the set of a minute that is not made yet.
type idLoading struct {
	bytes int // that it will take
	done  chan struct{}
}

// loaded returns the ids of the minute's events. After a start it may have to
// wait for them.
func (m *minute) loaded() *idSet {
	if m.loading != nil {
		<-m.loading.done
		m.loading = nil
	}
	return &m.ids
}

// idBytes returns the memory of the minute's ids, and never waits.
func (m *minute) idBytes() int {
	if m.loading == nil {
		return m.ids.bytes()
	}
	select {
	case <-m.loading.done:
		return m.loaded().bytes()
	default:
		return m.loading.bytes
	}
}

func (c *idChunk) sort(raw []byte) {
	c.ids = make([]uint64, len(raw)/8)
	var next [idBins + 1]int32
	for b := raw; len(b) >= 8; b = b[8:] {
		next[binOf(binary.LittleEndian.Uint64(b))+1]++
	}
	for i := range idBins {
		next[i+1] += next[i]
	}
	c.at = next
	for b := raw; len(b) >= 8; b = b[8:] {
		id := binary.LittleEndian.Uint64(b)
		at := &next[binOf(id)]
		c.ids[*at] = id
		*at++
	}
}

// load fills the set, which must be empty, with the ids of the chunks.
func (s *idSet) load(chunks []*idChunk) {
	if len(chunks) == 0 {
		return
	}
	shards := make(chan int, idShards)
	for i := range idShards {
		shards <- i
	}
	close(shards)
	var loading sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), idShards) {
		loading.Go(func() {
			for i := range shards {
				s.shards[i].load(i, chunks)
			}
		})
	}
	loading.Wait()
	for i := range s.shards {
		s.len += s.shards[i].len
	}
	s.zero = holdsZero(chunks)
}

// holdsZero reports whether the id 0, which no shard holds, is among the ids.
func holdsZero(chunks []*idChunk) bool {
	for _, c := range chunks {
		for _, id := range c.ids[:c.at[1]] {
			if id == 0 {
				return true
			}
		}
	}
	return false
}

func binOf(id uint64) int { return int(id >> (64 - idBinBits)) }

func (h *idShard) load(shard int, chunks []*idChunk) {
	first, end := shard*idShardBins, (shard+1)*idShardBins
	n := 0
	for _, c := range chunks {
		n += int(c.at[end] - c.at[first])
	}
	h.alloc(shardSlots(n))
	touch(h.slots)
	for bin := range idShardBins {
		for _, c := range chunks {
			h.fill(c.ids[c.at[first+bin]:c.at[first+bin+1]])
		}
	}
}

// fill inserts as put does, with everything but the slots in registers.
func (h *idShard) fill(ids []uint64) {
	slots, mask, shift, n := h.slots, uint64(len(h.slots)-1), h.shift&63, 0
next:
	for _, id := range ids {
		if id == 0 {
			continue
		}
		i := id << idShardBits >> shift & mask
		for slots[i] != 0 {
			if slots[i] == id {
				continue next
			}
			i = (i + 1) & mask
		}
		slots[i] = id
		n++
	}
	h.len += n
}
