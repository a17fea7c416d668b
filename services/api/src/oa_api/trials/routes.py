"""The routes of trials."""

from oa_api.http.routing import JSON, form, page
from oa_api.trials import new_source_page, pages
from oa_api.trials.typed_text import MAX_FORM_BYTES
from oa_shared.roles import Role

ROUTES = (
    page("/new-source", new_source_page.show_form, "New source", role=Role.AUTHOR),
    form("/new-source", new_source_page.post_request, "New source", role=Role.AUTHOR),
    page("/try", pages.show_form, "Try a definition", role=Role.AUTHOR),
    form("/try", pages.post_trial, "Try a definition", role=Role.AUTHOR, max_form_bytes=MAX_FORM_BYTES),
    page("/try/{trial}", pages.show_trial, "Trial", role=Role.AUTHOR),
    page("/try/{trial}/definition.json", pages.get_definition, "Definition", response=(JSON,), role=Role.AUTHOR),
    page("/try/{trial}/places.json", pages.get_places, "Sample as GeoJSON", response=(JSON,), role=Role.AUTHOR),
)
