"""What serves: endpoints, their configs, inference components, and the models that they deploy."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS, container, environment
from lineage.domain.kinds.words import Finder, Kind, Reference, Trait, loads, provides, reads, refers, writes
from lineage.domain.names import Span


def _deployed_images(at: str) -> tuple[Reference, ...]:
    """The images that run: the requested tag and the digest that it resolved to."""
    return tuple(
        provides(f"{at}[].DeployedImages[].{field}", role="VariantName") for field in ("SpecifiedImage", "ResolvedImage")
    )


def _variants(at: str, usage: str) -> tuple[Reference, ...]:
    return (
        refers(f"{at}[].ModelName", "model", "deploys", role="VariantName", usage=usage),
        refers(f"{at}[].InstancePools[].ModelNameOverride", "model", "deploys", role="VariantName", usage="instance-pool"),
        writes(f"{at}[].CoreDumpConfig.DestinationS3Uri", usage="debug"),
    )


def _served() -> tuple[Reference, ...]:
    """What an endpoint and its config both say about the data that goes in and out while serving."""
    return (
        writes("DataCaptureConfig.DestinationS3Uri", usage="capture"),
        writes("AsyncInferenceConfig.OutputConfig.S3OutputPath", usage="predictions"),
        writes("AsyncInferenceConfig.OutputConfig.S3FailurePath", usage="predictions"),
        reads("ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaselineUri", usage="baseline"),
    )


def _component(at: str) -> tuple[Reference, ...]:
    return (
        refers(f"{at}.ModelName", "model", "deploys"),
        loads(f"{at}.Container.ArtifactUrl", span=Span.OBJECT),
        provides(f"{at}.Container.DeployedImage.SpecifiedImage"),
        provides(f"{at}.Container.DeployedImage.ResolvedImage"),
        provides(f"{at}.BaseInferenceComponentName", to="inference-component", usage="model"),
        *environment(f"{at}.Container.Environment.*"),
    )


def _package(at: str) -> Reference:
    """The package from which a container is made: its own specification, or the named additional one."""
    path = f"{at}.ModelPackageName"
    return refers(path, "model-package", "instantiates", role="ContainerHostname", select="InferenceSpecificationName")


ENDPOINT = Kind(
    "endpoint",
    describe="DescribeEndpoint",
    options="endpointname|sagemakerendpoint|(?<!.)endpoint",
    list="ListEndpoints",
    search="Endpoint",
    doubts=("EndpointStatus!=InService",),  # only Describe has the pending deployment
    # The endpoint config has the first two as well; an endpoint in service has no pending deployment.
    search_lacks=("AsyncInferenceConfig", "ExplainerConfig", "PendingDeploymentSummary"),
    traits=(Trait.SERVES,),
    references=(
        refers("EndpointConfigName", "endpoint-config", "configures"),
        refers("PendingDeploymentSummary.EndpointConfigName", "endpoint-config", "configures", role="=pending"),
        *_deployed_images("ProductionVariants"),
        *_deployed_images("ShadowProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ShadowProductionVariants"),
        *_served(),
        *TAGS,
    ),
    finders=(Finder("inference-component", "ListInferenceComponents", "EndpointNameEquals", "EndpointName"),),
    details=(("variants", "ProductionVariants[].VariantName"), ("weights", "ProductionVariants[].CurrentWeight")),
    console="/endpoints/{name}",
    shape="doubleoctagon",
    colour="#e69f00",
)

ENDPOINT_CONFIG = Kind(
    "endpoint-config",
    describe="DescribeEndpointConfig",
    list="ListEndpointConfigs",
    constant=True,
    traits=(Trait.SERVES,),
    references=(
        *_variants("ProductionVariants", "production"),
        *_variants("ShadowProductionVariants", "shadow"),
        *_served(),
        *TAGS,
    ),
    details=(
        ("variants", "ProductionVariants[].VariantName"),
        ("weights", "ProductionVariants[].InitialVariantWeight"),
        ("shadow_variants", "ShadowProductionVariants[].VariantName"),
    ),
    console="/endpointConfig/{name}",
    shape="tab",
    colour="#fbe3b1",
)

INFERENCE_COMPONENT = Kind(
    "inference-component",
    describe="DescribeInferenceComponent",
    options="inferencecomponent(?:name)?",
    list="ListInferenceComponents",
    traits=(Trait.SERVES, Trait.HOLDS_MODEL),
    references=(
        refers("EndpointArn", "endpoint", "hosts", role="VariantName"),
        *_component("Specification"),
        *_component("Specifications[]"),
        *TAGS,
    ),
    shape="component",
    colour="#f5c767",
)

MODEL = Kind(
    "model",
    describe="DescribeModel",
    options="sagemakermodel(?:name)?",
    list="ListModels",
    search="Model",
    search_within="Model",
    search_time="",  # a dashboard record around the model: the name of its time for sorting is undocumented
    parts=("PrimaryContainer", "Containers[]"),
    traits=(Trait.HOLDS_MODEL,),
    references=(
        *container("PrimaryContainer"),
        _package("PrimaryContainer"),
        *container("Containers[]"),
        _package("Containers[]"),
        *TAGS,
    ),
    details=(("mode", "PrimaryContainer.Mode"), ("modes", "Containers[].Mode")),
    console="/models/{name}",
    shape="component",
    colour="#cc79a7",
)

ROWS: Final = (ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT, MODEL)
