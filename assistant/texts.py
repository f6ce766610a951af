"""What the faces say, in Indonesian and English."""

from index.errors import Language

TEXTS: dict[Language, dict[str, str]] = {
    "id": {
        "tagline": "Bertanya kepada bacaan kelas. Jawabannya selalu kutipan, lengkap dengan sumbernya.",
        "placeholder": "Tulis pertanyaanmu, misalnya: Apa itu kerja sama bilateral?",
        "question": "Pertanyaan",
        "send": "Kirim",
        "clear": "Bersihkan percakapan",
        "documents": "Bacaan yang saya kenal",
        "starters": "Coba tanyakan",
        "source": "Sumber",
        "page": "hlm.",
        "open": "Buka bacaan di bagian ini",
        "further": "Bagian lain yang berkaitan",
        "not_found": "Maaf, saya tidak menemukan jawabannya di bacaan yang ada. Barangkali bagian ini mendekati:",
        "sure": "Saya yakin ini menjawab.",
        "fairly": "Saya cukup yakin ini menjawab.",
        "unsure": "Mungkin ini jawabannya; periksa sumbernya.",
        "welcome": "Halo! Tanyakan apa saja tentang bacaan kelas ini.",
        "understood": "Saya pahami sebagai lanjutan dari: {earlier}",
        "failed": "Maaf, ada gangguan di pihak saya. Coba ajukan lagi.",
        "language": "Bahasa / Language",
        "back": "Kembali ke obrolan",
        "no_document": "Bacaan itu tidak ada di sini.",
        "read": "Membaca",
        "encode": "Menyematkan",
        "write": "Menulis",
        "built": "{documents} dokumen, {passages} bagian, {seconds:.1f} detik: indeks {index} siap.",
        "skipped": "Dilewati: {reason}",
        "nearest": "Jawabannya tidak ditemukan di dokumen. Yang terdekat:",
        "info": "Indeks {index}: {documents} dokumen, {passages} bagian, dibuat {created} dengan model {encoder}.",
        "passages": "bagian",
        "serving": "Tanya siap di {address} (Ctrl+C untuk berhenti).",
        "stale": "Isi folder {docs} berbeda dari indeks {index}: perbarui dengan `tanya build`.",
        "crashed": "Ada kesalahan yang tak terduga ({reason}): ulangi dengan TANYA_DEBUG=1 untuk melihat rinciannya.",
    },
    "en": {
        "tagline": "Ask your class's readings. Every answer is a quotation with its source.",
        "placeholder": "Write your question, for example: What is bilateral cooperation?",
        "question": "Question",
        "send": "Send",
        "clear": "Clear the conversation",
        "documents": "Readings I know",
        "starters": "Try asking",
        "source": "Source",
        "page": "p.",
        "open": "Open the reading at this passage",
        "further": "Other related passages",
        "not_found": "Sorry, I could not find the answer in the readings. These passages come closest:",
        "sure": "I am sure that this answers.",
        "fairly": "I am fairly sure that this answers.",
        "unsure": "This may be the answer; check its source.",
        "welcome": "Hello! Ask anything about this class's readings.",
        "understood": "Understood as going on from: {earlier}",
        "failed": "Sorry, something went wrong on my side. Please ask again.",
        "language": "Bahasa / Language",
        "back": "Back to the chat",
        "no_document": "That reading is not here.",
        "read": "Reading",
        "encode": "Encoding",
        "write": "Writing",
        "built": "{documents} documents, {passages} passages, {seconds:.1f} seconds: the index {index} is ready.",
        "skipped": "Left out: {reason}",
        "nearest": "The answer is not in the documents. The nearest:",
        "info": "Index {index}: {documents} documents, {passages} passages, made {created} with the model {encoder}.",
        "passages": "passages",
        "serving": "Tanya is ready at {address} (Ctrl+C to stop).",
        "stale": "The folder {docs} differs from the index {index}: renew it with `tanya build`.",
        "crashed": "Something unexpected went wrong ({reason}): repeat with TANYA_DEBUG=1 to see the details.",
    },
}  # fmt: skip


def confidence_in_words(confidence: float, language: Language) -> str:
    """``confidence``, 0 to 1, as a sentence."""
    texts = TEXTS[language]
    if confidence >= 0.85:
        return texts["sure"]
    return texts["fairly"] if confidence >= 0.65 else texts["unsure"]
